package dev.keyservice.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jose4j.jwk.EcJwkGenerator;
import org.jose4j.jwk.JsonWebKey;
import org.jose4j.jwk.JsonWebKeySet;
import org.jose4j.jwk.OctetKeyPairJsonWebKey;
import org.jose4j.jwk.OkpJwkGenerator;
import org.jose4j.jwk.PublicJsonWebKey;
import org.jose4j.jwk.RsaJwkGenerator;
import org.jose4j.jws.JsonWebSignature;
import org.jose4j.jwt.JwtClaims;
import org.jose4j.jwt.NumericDate;
import org.jose4j.keys.EllipticCurves;
import org.jose4j.lang.JoseException;

/// An issuer of tokens for tests, with keys of its own.
public final class TestIssuer {
  /// RSA keys take long to make; these are nobody's secret.
  private static final Map<Integer, PublicJsonWebKey> RSA = new ConcurrentHashMap<>();

  private final String issuer;
  private final List<PublicJsonWebKey> keys = new ArrayList<>();

  /// One with an ES256 key, the first of its keys.
  public TestIssuer(String issuer) {
    this.issuer = issuer;
    add(ec("es-1"));
  }

  /// Its `iss`.
  public String issuer() {
    return issuer;
  }

  /// Its first key, ES256.
  public PublicJsonWebKey key() {
    return keys.getFirst();
  }

  /// From now on it has this key, too.
  public void add(PublicJsonWebKey key) {
    keys.add(key);
  }

  /// It has one new key and none of those before.
  public void rotate(String kid) {
    keys.clear();
    add(ec(kid));
  }

  /// A key on P-256.
  public static PublicJsonWebKey ec(String kid) {
    try {
      return named(kid, EcJwkGenerator.generateJwk(EllipticCurves.P256));
    } catch (JoseException e) {
      throw new IllegalStateException(e);
    }
  }

  /// A key for Ed25519.
  public static PublicJsonWebKey ed25519(String kid) {
    try {
      return named(kid, OkpJwkGenerator.generateJwk(OctetKeyPairJsonWebKey.SUBTYPE_ED25519));
    } catch (JoseException e) {
      throw new IllegalStateException(e);
    }
  }

  /// An RSA key of 2048 bits; the same for every test.
  public static PublicJsonWebKey rsa(String kid) {
    var shared = RSA.computeIfAbsent(2048, TestIssuer::newRsa);
    try {
      return named(
          kid,
          PublicJsonWebKey.Factory.newPublicJwk(
              shared.toJson(JsonWebKey.OutputControlLevel.INCLUDE_PRIVATE)));
    } catch (JoseException e) {
      throw new IllegalStateException(e);
    }
  }

  private static PublicJsonWebKey newRsa(int bits) {
    try {
      return RsaJwkGenerator.generateJwk(bits);
    } catch (JoseException e) {
      throw new IllegalStateException(e);
    }
  }

  private static PublicJsonWebKey named(String kid, PublicJsonWebKey key) {
    key.setKeyId(kid);
    return key;
  }

  /// Its public keys, as a JWK Set.
  public String jwks() {
    return new JsonWebKeySet(keys).toJson(JsonWebKey.OutputControlLevel.PUBLIC_ONLY);
  }

  /// Writes that to a file, in one step.
  public void writeJwks(Path file) {
    try {
      var written = Files.writeString(file.resolveSibling(file.getFileName() + ".new"), jwks());
      Files.move(written, file, java.nio.file.StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// A good token for ten minutes, with the audience `keyservice` and the type `at+jwt`.
  public String token(String subject) {
    return token(subject, token -> {});
  }

  /// The same, changed before it is signed.
  public String token(String subject, Consumer<Draft> change) {
    var draft = new Draft(subject);
    change.accept(draft);
    return draft.sign();
  }

  /// A token before it is signed.
  public final class Draft {
    private final JwtClaims claims = new JwtClaims();
    private final JsonWebSignature signature = new JsonWebSignature();

    private Draft(String subject) {
      claims.setIssuer(issuer);
      claims.setSubject(subject);
      claims.setAudience("keyservice");
      claims.setJwtId(UUID.randomUUID().toString());
      issued(Instant.now());
      expires(Instant.now().plus(Duration.ofMinutes(10)));
      signature.setHeader("typ", "at+jwt");
      signedBy(key(), "ES256");
      signature.setKeyIdHeaderValue(key().getKeyId());
    }

    public void issued(Instant at) {
      claims.setIssuedAt(NumericDate.fromSeconds(at.getEpochSecond()));
    }

    public void expires(Instant at) {
      claims.setExpirationTime(NumericDate.fromSeconds(at.getEpochSecond()));
    }

    /// Any claim; null takes it away.
    public void claim(String name, Object value) {
      if (value == null) {
        claims.unsetClaim(name);
      } else {
        claims.setClaim(name, value);
      }
    }

    /// Any header; null takes it away.
    public void header(String name, Object value) {
      if (value == null) {
        signature.getHeaders().setObjectHeaderValue(name, null);
      } else {
        signature.getHeaders().setObjectHeaderValue(name, value);
      }
    }

    /// Signs with a key, and says its name.
    public void signedBy(PublicJsonWebKey key, String algorithm) {
      signature.setKey(key.getPrivateKey());
      signature.setKeyIdHeaderValue(key.getKeyId());
      signature.setAlgorithmHeaderValue(algorithm);
    }

    /// Signs with whatever, such as a public key as if it were a shared secret.
    public JsonWebSignature signature() {
      return signature;
    }

    private String sign() {
      try {
        signature.setPayload(claims.toJson());
        return signature.getCompactSerialization();
      } catch (JoseException e) {
        throw new IllegalStateException(e);
      }
    }
  }
}
