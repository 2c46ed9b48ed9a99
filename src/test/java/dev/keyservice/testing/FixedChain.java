package dev.keyservice.testing;

import dev.keyservice.maintenance.MintedCertificate;
import java.net.Socket;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.stream.Stream;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedKeyManager;

/// A client that sends its certificate and whatever else it wants: a key store would insist on a
/// chain in order.
public final class FixedChain extends X509ExtendedKeyManager {
  private static final String ALIAS = "client";

  private final MintedCertificate leaf;
  private final List<TestCa> sentAlong;

  public FixedChain(MintedCertificate leaf, TestCa... sentAlong) {
    this.leaf = leaf;
    this.sentAlong = List.of(sentAlong);
  }

  @Override
  public X509Certificate[] getCertificateChain(String alias) {
    return Stream.concat(Stream.of(leaf.certificate()), sentAlong.stream().map(TestCa::certificate))
        .toArray(X509Certificate[]::new);
  }

  @Override
  public PrivateKey getPrivateKey(String alias) {
    return leaf.key();
  }

  @Override
  public String[] getClientAliases(String keyType, Principal[] issuers) {
    return new String[] {ALIAS};
  }

  @Override
  public String chooseClientAlias(String[] keyTypes, Principal[] issuers, Socket socket) {
    return ALIAS;
  }

  @Override
  public String chooseEngineClientAlias(String[] keyTypes, Principal[] issuers, SSLEngine engine) {
    return ALIAS;
  }

  @Override
  public String[] getServerAliases(String keyType, Principal[] issuers) {
    return new String[0];
  }

  @Override
  public String chooseServerAlias(String keyType, Principal[] issuers, Socket socket) {
    throw new UnsupportedOperationException("this is a client");
  }
}
