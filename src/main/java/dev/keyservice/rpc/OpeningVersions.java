package dev.keyservice.rpc;

import static dev.keyservice.failure.Failure.cannotDecrypt;

import dev.keyservice.failure.Failure;
import dev.keyservice.failure.Reason;
import dev.keyservice.key.CryptoKeyName;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;

/// The versions of a key that the ciphertexts of a batch claim to be of, each looked up once.
final class OpeningVersions {
  private final Map<Integer, Attempt<EncryptionVersion>> byNumber;

  private OpeningVersions(Map<Integer, Attempt<EncryptionVersion>> byNumber) {
    this.byNumber = byNumber;
  }

  /// Fails with what is true of the key, and so of every ciphertext.
  static Uni<OpeningVersions> find(
      EncryptionKeys keys, CryptoKeyName key, Stream<Integer> numbers) {
    return Multi.createFrom()
        .items(numbers.distinct())
        .onItem()
        .transformToUniAndConcatenate(number -> find(keys, key, number))
        .collect()
        .asMap(Map.Entry::getKey, Map.Entry::getValue)
        .map(OpeningVersions::new);
  }

  private static Uni<Map.Entry<Integer, Attempt<EncryptionVersion>>> find(
      EncryptionKeys keys, CryptoKeyName key, Integer number) {
    return keys.opening(key, number)
        .<Attempt<EncryptionVersion>>map(Attempt.Done::new)
        .onFailure(OpeningVersions::concernsTheVersionAlone)
        .recoverWithItem(why -> new Attempt.Failed<>((Failure) why))
        .map(outcome -> Map.entry(number, outcome));
  }

  /// It is not there, or not enabled.
  private static boolean concernsTheVersionAlone(Throwable failure) {
    return failure instanceof Failure known
        && (known.reason() == Reason.CANNOT_DECRYPT
            || known.reason() == Reason.VERSION_NOT_ENABLED);
  }

  /// The version of this number.
  ///
  /// @throws Failure why it does not open anything
  EncryptionVersion get(int number) {
    var found = byNumber.get(number);
    if (found == null) {
      throw cannotDecrypt();
    }
    return found.get();
  }

  /// A record has room for one version: of several none is noted.
  static Consumer<OpeningVersions> onlyOne(Consumer<EncryptionVersion> note) {
    return versions -> {
      if (versions.byNumber.size() == 1) {
        versions.byNumber.values().iterator().next().stream().forEach(note);
      }
    };
  }
}
