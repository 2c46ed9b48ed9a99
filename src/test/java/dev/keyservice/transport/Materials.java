package dev.keyservice.transport;

import dev.keyservice.maintenance.MintedCertificate;
import dev.keyservice.testing.TestCa;
import java.security.cert.X509Certificate;
import java.util.List;

/// Material that was never checked, as a peer that means no good would use it.
final class Materials {
  private Materials() {}

  static TlsMaterial of(MintedCertificate leaf, TestCa believed) {
    var identity = new TlsIdentity(leaf.key(), List.of(leaf.certificate()));
    return new TlsMaterial(identity, List.of(believed.certificate()), RevocationLists.NONE);
  }

  /// With the certificate of an intermediate authority after its own.
  static TlsMaterial below(TestCa intermediate, MintedCertificate leaf, TestCa believed) {
    var identity =
        new TlsIdentity(leaf.key(), List.of(leaf.certificate(), intermediate.certificate()));
    return new TlsMaterial(identity, List.of(believed.certificate()), RevocationLists.NONE);
  }

  static TlsMaterial anonymous(TestCa believed) {
    return new TlsMaterial(null, List.of(believed.certificate()), RevocationLists.NONE);
  }

  static TlsMaterial believingTheSystem(MintedCertificate leaf) {
    var identity = new TlsIdentity(leaf.key(), List.of(leaf.certificate()));
    return new TlsMaterial(identity, List.<X509Certificate>of(), RevocationLists.NONE);
  }
}
