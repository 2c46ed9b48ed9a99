package dev.keyservice.transport;

/// How the port is to be opened; its TLS is in [ServerTls].
///
/// @param listen where
/// @param limits what one connection or call may take
public record ServerSettings(ListenAddress listen, ServerLimits limits) {}
