package dev.keyservice.crypto;

/// Message authentication codes under one key: whoever has no key can make no tag for a message
/// that was not tagged, even after having seen tags of messages of their choice.
public sealed interface Mac extends Primitive permits Hmac {
  /// The whole tag of a message.
  byte[] tag(byte[] message);

  /// Whether a tag is the whole one of a message, in a time that does not depend on where it
  /// differs.
  boolean verify(byte[] message, byte[] tag);
}
