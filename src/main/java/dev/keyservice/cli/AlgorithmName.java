package dev.keyservice.cli;

import dev.keyservice.v1.CryptoKeyVersion.Algorithm;
import java.util.Arrays;
import java.util.stream.Collectors;
import picocli.CommandLine.TypeConversionException;

/// Algorithms as they are typed: the words of the API.
final class AlgorithmName {
  private AlgorithmName() {}

  static Algorithm parse(String text) {
    return Arrays.stream(Algorithm.values())
        .filter(AlgorithmName::isReal)
        .filter(algorithm -> algorithm.name().equals(text))
        .findFirst()
        .orElseThrow(() ->
            new TypeConversionException("'" + text + "' is not an algorithm: one of " + known()));
  }

  private static String known() {
    return Arrays.stream(Algorithm.values())
        .filter(AlgorithmName::isReal)
        .map(Enum::name)
        .collect(Collectors.joining(", "));
  }

  private static boolean isReal(Algorithm algorithm) {
    return algorithm != Algorithm.UNRECOGNIZED
        && algorithm != Algorithm.CRYPTO_KEY_VERSION_ALGORITHM_UNSPECIFIED;
  }
}
