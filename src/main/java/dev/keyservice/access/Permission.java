package dev.keyservice.access;

import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;

/// What a role can grant. The proto names the permissions of each method; `policy.yaml` names them
/// in roles of one's own.
public enum Permission {
  /// Create keys.
  KEYS_CREATE("keys.create"),
  /// See keys, never their material.
  KEYS_VIEW("keys.view"),
  /// Change what may be changed about keys.
  KEYS_UPDATE("keys.update"),
  /// Make versions, and choose the primary.
  KEYS_ROTATE("keys.rotate"),
  /// Enable, disable and restore versions.
  KEYS_ENABLE("keys.enable"),
  /// Have versions destroyed.
  KEYS_DESTROY("keys.destroy"),
  /// Encrypt with keys.
  CRYPTO_ENCRYPT("crypto.encrypt"),
  /// Decrypt with keys.
  CRYPTO_DECRYPT("crypto.decrypt"),
  /// Take ciphertexts of keys over to others, without seeing what they hold.
  CRYPTO_REENCRYPT_FROM("crypto.reencrypt-from"),
  /// Take ciphertexts of others over to keys.
  CRYPTO_REENCRYPT_TO("crypto.reencrypt-to"),
  /// Make tags with keys.
  CRYPTO_SIGN("crypto.sign"),
  /// Verify tags with keys.
  CRYPTO_VERIFY("crypto.verify"),
  /// Ask what others may, and why.
  ACCESS_EXPLAIN("access.explain"),
  /// Ask the server for its API, where reflection is on.
  REFLECTION_USE("reflection.use");

  private final String permissionName;

  Permission(String permissionName) {
    this.permissionName = permissionName;
  }

  /// The name as the proto and the policy file spell it.
  public String permissionName() {
    return permissionName;
  }

  /// The permission of this name, if there is one.
  public static Optional<Permission> named(String name) {
    return Arrays.stream(values())
        .filter(permission -> permission.permissionName.equals(name))
        .findFirst();
  }

  /// The names of all, for messages.
  public static String known() {
    return Arrays.stream(values())
        .map(Permission::permissionName)
        .collect(Collectors.joining(", "));
  }
}
