package dev.keyservice.bench;

import com.google.protobuf.ByteString;
import dev.keyservice.v1.CryptoKeyVersion.Algorithm;

/// What the calls of a run are.
///
/// @param mix how often which kind is made
/// @param size bytes of each plaintext, and of what is signed; 1 to 64 KiB
/// @param algorithm of the keys that encrypt
/// @param keys how many of them there are; at least 1
/// @param keysUsed how many of them the calls take, each call any; at least 1, at most all
public record Workload(Mix mix, int size, Algorithm algorithm, int keys, int keysUsed) {
  /// Such as `3 keys, of which calls take 2`.
  String keysInWords() {
    var all = Report.text("%,d key%s", keys, keys == 1 ? "" : "s");
    return keysUsed == keys ? all : Report.text("%s, of which calls take %,d", all, keysUsed);
  }

  /// What is encrypted and signed. Its content does not matter to the time it takes.
  ByteString data() {
    var bytes = new byte[size];
    for (var i = 0; i < size; i++) {
      bytes[i] = (byte) i;
    }
    return ByteString.copyFrom(bytes);
  }
}
