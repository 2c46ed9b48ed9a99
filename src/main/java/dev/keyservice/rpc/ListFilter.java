package dev.keyservice.rpc;

import static dev.keyservice.failure.Failure.invalid;

import dev.keyservice.crypto.Algorithm;
import dev.keyservice.key.CryptoKey;
import dev.keyservice.key.CryptoKeyVersion;
import dev.keyservice.key.Purpose;
import dev.keyservice.key.VersionState;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The `filter` of a list: terms with ` AND ` between them, a small part of AIP-160.
final class ListFilter {
  private static final String FIELD = "filter";
  private static final int LONGEST = 1_000;
  private static final Pattern AND = Pattern.compile(" AND ");

  private static final Pattern LABEL =
      Pattern.compile("labels\\.([a-z][a-z0-9_-]{0,62})(?:=([a-z0-9_-]{0,63})|(:\\*))");
  private static final Pattern WORD = Pattern.compile("([a-z_.]{1,40})=([A-Z0-9_]{1,60})");

  private ListFilter() {}

  /// Which keys.
  static Predicate<CryptoKey> ofKeys(String filter) {
    return all(filter, ListFilter::keyTerm);
  }

  /// Which versions.
  static Predicate<CryptoKeyVersion> ofVersions(String filter) {
    return all(filter, ListFilter::versionTerm);
  }

  private static <T> Predicate<T> all(String filter, Function<String, Predicate<T>> term) {
    if (filter.length() > LONGEST) {
      throw invalid(FIELD, "must be at most 1,000 characters");
    }
    return filter.isEmpty()
        ? _ -> true
        : Arrays.stream(AND.split(filter, -1)).map(term).reduce(Predicate::and).orElseThrow();
  }

  private static Predicate<CryptoKey> keyTerm(String term) {
    var label = LABEL.matcher(term);
    if (label.matches()) {
      return labelled(label);
    }
    var word = word(term);
    return switch (word.group(1)) {
      case "primary.state" -> {
        var state = named(VersionState.values(), word.group(2));
        yield key -> key.primaryVersion().filter(version -> version.state() == state).isPresent();
      }
      case "purpose" -> {
        var purpose = named(Purpose.values(), word.group(2));
        yield key -> key.purpose() == purpose;
      }
      default -> throw malformed();
    };
  }

  private static Predicate<CryptoKey> labelled(Matcher label) {
    var name = label.group(1);
    return Optional.ofNullable(label.group(2))
        .<Predicate<CryptoKey>>map(value -> key -> value.equals(key.labels().get(name)))
        .orElse(key -> key.labels().containsKey(name));
  }

  private static Predicate<CryptoKeyVersion> versionTerm(String term) {
    var word = word(term);
    return switch (word.group(1)) {
      case "state" -> {
        var state = named(VersionState.values(), word.group(2));
        yield version -> version.state() == state;
      }
      case "algorithm" -> {
        var algorithm = named(Algorithm.values(), word.group(2));
        yield version -> version.algorithm() == algorithm;
      }
      default -> throw malformed();
    };
  }

  private static Matcher word(String term) {
    var word = WORD.matcher(term);
    if (!word.matches()) {
      throw malformed();
    }
    return word;
  }

  private static <E extends Enum<E>> E named(E[] values, String name) {
    return Arrays.stream(values)
        .filter(value -> value.name().equals(name))
        .findFirst()
        .orElseThrow(ListFilter::malformed);
  }

  private static RuntimeException malformed() {
    return invalid(
        FIELD, "must be terms that the method knows, such as state=ENABLED, with ' AND ' between");
  }
}
