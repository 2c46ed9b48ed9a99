package dev.keyservice.cli;

import dev.keyservice.v1.CryptoKey.Purpose;
import java.util.Arrays;
import java.util.List;
import picocli.CommandLine.TypeConversionException;

/// Purposes as they are typed: the words of the API.
final class PurposeName {
  private static final List<Purpose> NONE =
      List.of(Purpose.UNRECOGNIZED, Purpose.CRYPTO_KEY_PURPOSE_UNSPECIFIED);

  private PurposeName() {}

  static Purpose parse(String text) {
    var real = Arrays.stream(Purpose.values()).filter(purpose -> !NONE.contains(purpose)).toList();
    return real.stream()
        .filter(purpose -> purpose.name().equals(text))
        .findFirst()
        .orElseThrow(
            () -> new TypeConversionException("'" + text + "' is not a purpose: one of " + real));
  }
}
