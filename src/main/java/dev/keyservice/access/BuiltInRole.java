package dev.keyservice.access;

import java.util.EnumSet;
import java.util.Set;

/// Roles that every policy has. Those that manage keys cannot use them, and the other way round.
enum BuiltInRole {
  /// Manages keys from their creation to their destruction.
  KEY_ADMIN(
      "key-admin",
      Permission.KEYS_CREATE,
      Permission.KEYS_VIEW,
      Permission.KEYS_UPDATE,
      Permission.KEYS_ROTATE,
      Permission.KEYS_ENABLE,
      Permission.KEYS_DESTROY),
  /// Sees keys.
  VIEWER("viewer", Permission.KEYS_VIEW),
  /// Encrypts.
  ENCRYPTER("encrypter", Permission.CRYPTO_ENCRYPT),
  /// Decrypts.
  DECRYPTER("decrypter", Permission.CRYPTO_DECRYPT),
  /// Takes ciphertexts from one key to another.
  REENCRYPTER("reencrypter", Permission.CRYPTO_REENCRYPT_FROM, Permission.CRYPTO_REENCRYPT_TO),
  /// Makes tags and verifies them.
  SIGNER("signer", Permission.CRYPTO_SIGN, Permission.CRYPTO_VERIFY),
  /// Verifies tags.
  VERIFIER("verifier", Permission.CRYPTO_VERIFY),
  /// Sees keys and who may do what with them.
  AUDITOR("auditor", Permission.KEYS_VIEW, Permission.ACCESS_EXPLAIN),
  /// Looks after the service.
  OPERATOR("operator", Permission.REFLECTION_USE);

  private final String roleName;

  @SuppressWarnings("ImmutableEnumChecker") // Set.copyOf is immutable, its type does not say so
  private final Set<Permission> permissions;

  BuiltInRole(String roleName, Permission first, Permission... others) {
    this.roleName = roleName;
    this.permissions = Set.copyOf(EnumSet.of(first, others));
  }

  String roleName() {
    return roleName;
  }

  Set<Permission> permissions() {
    return permissions;
  }
}
