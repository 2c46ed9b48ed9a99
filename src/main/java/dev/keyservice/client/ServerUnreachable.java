package dev.keyservice.client;

/// The service cannot be reached, or one side does not trust the other. The message is one plain
/// sentence that names the side and the setting.
public final class ServerUnreachable extends RuntimeException {
  private static final long serialVersionUID = 1L;

  ServerUnreachable(String sentence, Throwable cause) {
    super(sentence, cause);
  }
}
