package dev.keyservice.audit;

import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;

/// The Ed25519 key pair (RFC 8032) that signs a chain.
public final class AuditKeyPair {
  static final String ALGORITHM = "Ed25519";

  private final PrivateKey privateKey;
  private final PublicKey publicKey;
  private final String publicText;

  private AuditKeyPair(PrivateKey privateKey, PublicKey publicKey, String publicText) {
    this.privateKey = privateKey;
    this.publicKey = publicKey;
    this.publicText = publicText;
  }

  /// From its two halves.
  ///
  /// @param pkcs8 the private half
  /// @param spki the public half, a SubjectPublicKeyInfo (RFC 8410)
  public static AuditKeyPair of(byte[] pkcs8, byte[] spki) {
    try {
      var factory = KeyFactory.getInstance(ALGORITHM);
      var pair =
          new AuditKeyPair(
              factory.generatePrivate(new PKCS8EncodedKeySpec(pkcs8)),
              publicKey(spki),
              Base64.getEncoder().encodeToString(spki));
      var probe = pair.sign(spki);
      if (!verifies(pair.publicKey(), spki, probe)) {
        throw new IllegalArgumentException("the halves do not belong together");
      }
      return pair;
    } catch (GeneralSecurityException e) {
      throw new IllegalArgumentException("these are no halves of an Ed25519 key pair", e);
    }
  }

  /// Base64 of the public half's SubjectPublicKeyInfo.
  public String publicText() {
    return publicText;
  }

  PublicKey publicKey() {
    return publicKey;
  }

  byte[] sign(byte[] message) {
    try {
      var signature = Signature.getInstance(ALGORITHM);
      signature.initSign(privateKey);
      signature.update(message);
      return signature.sign();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("the audit key does not sign", e);
    }
  }

  /// @throws IllegalArgumentException when it is none
  static PublicKey publicKey(byte[] spki) {
    try {
      return KeyFactory.getInstance(ALGORITHM).generatePublic(new X509EncodedKeySpec(spki));
    } catch (InvalidKeySpecException e) {
      throw new IllegalArgumentException("this is no Ed25519 public key", e);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has Ed25519", e);
    }
  }

  static boolean verifies(PublicKey key, byte[] message, byte[] signature) {
    try {
      var verification = Signature.getInstance(ALGORITHM);
      verification.initVerify(key);
      verification.update(message);
      return verification.verify(signature);
    } catch (InvalidKeyException | java.security.SignatureException e) {
      return false;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has Ed25519", e);
    }
  }
}
