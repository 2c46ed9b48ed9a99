package dev.keyservice.transport;

/// How the port is to be opened; what its TLS is made of is in [ServerTls].
///
/// @param listen where
/// @param security what stands between it and whoever connects
/// @param limits what one connection or call may take
public record ServerSettings(ListenAddress listen, PortSecurity security, ServerLimits limits) {
  /// With mutual TLS.
  public ServerSettings(ListenAddress listen, ServerLimits limits) {
    this(listen, new PortSecurity.Tls(ClientCertificates.REQUIRED), limits);
  }
}
