package dev.keyservice.transport;

import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.List;

/// A certificate with its private key: what one side proves itself with.
///
/// Not a record, because a record prints its components.
public final class TlsIdentity {
  private final PrivateKey key;
  private final List<X509Certificate> chain;

  TlsIdentity(PrivateKey key, List<X509Certificate> chain) {
    this.key = key;
    this.chain = List.copyOf(chain);
  }

  PrivateKey key() {
    return key;
  }

  /// The certificate, then each one's issuer.
  public List<X509Certificate> chain() {
    return chain;
  }

  /// The certificate itself.
  public X509Certificate certificate() {
    return chain.getFirst();
  }

  @Override
  public String toString() {
    return "TlsIdentity[" + certificate().getSubjectX500Principal() + "]";
  }
}
