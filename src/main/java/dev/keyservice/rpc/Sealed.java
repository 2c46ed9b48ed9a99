package dev.keyservice.rpc;

import static dev.keyservice.failure.Failure.invalid;

import com.google.protobuf.ByteString;
import dev.keyservice.crypto.CiphertextFormat;
import dev.keyservice.failure.Failure;

/// What a request brings to be opened.
@SuppressWarnings("ArrayRecordComponent") // never compared
record Sealed(CiphertextFormat.Parsed ciphertext, byte[] aad) {

  /// Reads the field `ciphertext` and the one that holds its additional data.
  ///
  /// @throws Failure naming the field; [Failure#cannotDecrypt()] when it cannot be a ciphertext
  static Sealed parse(ByteString ciphertext, String aadField, ByteString aad) {
    if (ciphertext.isEmpty()) {
      throw invalid("ciphertext", "is required");
    }
    var parsed =
        CiphertextFormat.parse(
            ProtoMapping.bytes("ciphertext", ciphertext, ProtoMapping.LARGEST_CIPHERTEXT));
    return new Sealed(parsed, ProtoMapping.payload(aadField, aad));
  }

  /// The number of the version that it claims to be of.
  int version() {
    return ciphertext.keyVersion();
  }
}
