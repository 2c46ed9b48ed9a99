package dev.keyservice.token;

import java.security.interfaces.XECPublicKey;
import java.util.List;
import org.jose4j.jwk.JsonWebKey;
import org.jose4j.jwk.JsonWebKeySet;
import org.jose4j.jwk.KeyOperations;
import org.jose4j.jwk.PublicJsonWebKey;
import org.jose4j.jwk.Use;
import org.jose4j.jwk.VerificationJwkSelector;
import org.jose4j.jws.JsonWebSignature;
import org.jose4j.lang.JoseException;

/// The public keys of an issuer at one time. Immutable; compared by identity, so that what was
/// decided with one set is looked at again with the next.
final class KeySet {
  /// Before any keys are known.
  static final KeySet NONE = new KeySet(List.of());

  private final List<JsonWebKey> keys;

  private KeySet(List<JsonWebKey> keys) {
    this.keys = List.copyOf(keys);
  }

  /// Reads a JWK Set (RFC 7517 §5). Keys that cannot verify signatures are left out, and so are
  /// private and symmetric ones, which have no business there.
  ///
  /// @throws KeysRefused when it is none, or leaves no key
  static KeySet parse(String json) {
    try {
      var usable =
          new JsonWebKeySet(json).getJsonWebKeys().stream().filter(KeySet::verifies).toList();
      if (usable.isEmpty()) {
        throw new KeysRefused("it has no public key that verifies signatures");
      }
      return new KeySet(usable);
    } catch (JoseException | RuntimeException | StackOverflowError e) {
      if (e instanceof KeysRefused refused) {
        throw refused;
      }
      throw new KeysRefused("it is no JWK Set");
    }
  }

  private static boolean verifies(JsonWebKey key) {
    return key instanceof PublicJsonWebKey pair
        && pair.getPrivateKey() == null
        && !(pair.getPublicKey() instanceof XECPublicKey)
        && (key.getUse() == null || key.getUse().equals(Use.SIGNATURE))
        && (key.getKeyOps() == null || key.getKeyOps().contains(KeyOperations.VERIFY));
  }

  /// How many keys there are.
  int size() {
    return keys.size();
  }

  /// The keys that could have made this signature: by `kid`, type and algorithm.
  List<JsonWebKey> candidates(JsonWebSignature signature) {
    try {
      var algorithm = signature.getAlgorithmHeaderValue();
      return new VerificationJwkSelector()
          .selectList(signature, keys).stream()
              .filter(key -> key.getAlgorithm() == null || key.getAlgorithm().equals(algorithm))
              .toList();
    } catch (JoseException e) {
      return List.of();
    }
  }
}
