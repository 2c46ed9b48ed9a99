package dev.keyservice.bench;

import com.google.protobuf.Message;
import dev.keyservice.v1.AccessServiceGrpc;
import dev.keyservice.v1.CryptoServiceGrpc;
import io.grpc.MethodDescriptor;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/// What a call of the benchmark asks the service for.
public enum CallKind {
  /// Encrypt, with the primary version.
  ENCRYPT,
  /// Decrypt of what that version encrypted.
  DECRYPT,
  /// ReEncrypt within one key.
  REENCRYPT,
  /// GenerateDataKey, of 32 bytes and with its plaintext.
  DATAKEY,
  /// GenerateRandomBytes, 32 of them.
  RANDOM,
  /// MacSign with HMAC_SHA256.
  MAC_SIGN,
  /// MacVerify of a tag that is right.
  MAC_VERIFY,
  /// WhoAmI: every stage and no key.
  WHOAMI;

  MethodDescriptor<? extends Message, ? extends Message> method() {
    return switch (this) {
      case ENCRYPT -> CryptoServiceGrpc.getEncryptMethod();
      case DECRYPT -> CryptoServiceGrpc.getDecryptMethod();
      case REENCRYPT -> CryptoServiceGrpc.getReEncryptMethod();
      case DATAKEY -> CryptoServiceGrpc.getGenerateDataKeyMethod();
      case RANDOM -> CryptoServiceGrpc.getGenerateRandomBytesMethod();
      case MAC_SIGN -> CryptoServiceGrpc.getMacSignMethod();
      case MAC_VERIFY -> CryptoServiceGrpc.getMacVerifyMethod();
      case WHOAMI -> AccessServiceGrpc.getWhoAmIMethod();
    };
  }

  /// Whether it needs a key for MACs instead of one that encrypts.
  boolean needsMacKey() {
    return this == MAC_SIGN || this == MAC_VERIFY;
  }

  /// As it is written on the command line: `mac-sign`.
  public String word() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /// The kind of that word.
  public static Optional<CallKind> of(String word) {
    return Arrays.stream(values()).filter(kind -> kind.word().equals(word)).findFirst();
  }

  /// Every word, for those who have to choose one.
  public static String words() {
    return Arrays.stream(values()).map(CallKind::word).collect(Collectors.joining(", "));
  }
}
