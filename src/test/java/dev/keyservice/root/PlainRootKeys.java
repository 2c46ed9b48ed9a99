package dev.keyservice.root;

import dev.keyservice.crypto.SecretBytes;
import java.util.HexFormat;

/// Wraps nothing and checks nothing, so that a test sees what the store keys alone do, and
/// remembers the associated data that it was given last.
final class PlainRootKeys implements RootKeyProvider {
  private String lastAad = "";

  String lastAad() {
    return lastAad;
  }

  @Override
  public String activeId() {
    return "main";
  }

  @Override
  public byte[] wrap(SecretBytes secret, byte[] aad) {
    lastAad = HexFormat.of().formatHex(aad);
    return secret.use(byte[]::clone);
  }

  @Override
  public SecretBytes unwrap(String rootKeyId, byte[] wrapped, byte[] aad) {
    lastAad = HexFormat.of().formatHex(aad);
    return SecretBytes.of(wrapped.clone());
  }
}
