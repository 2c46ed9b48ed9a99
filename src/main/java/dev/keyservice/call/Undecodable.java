package dev.keyservice.call;

/// Stands in for a request message that could not be decoded.
///
/// grpc-java decodes below every interceptor and would answer UNKNOWN with a stack trace in the
/// log. Instead the marshaller hands this up as if it were the message; every stage passes it on
/// unseen, and the AUTHORIZATION stage, the first that reads messages, refuses it. So an
/// undecodable request is authenticated, traced and logged like any other.
public enum Undecodable {
  /// The only one: nothing of the bytes is kept.
  MESSAGE
}
