package dev.keyservice.rpc;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.keyservice.crypto.SecretBytes;
import dev.keyservice.crypto.XAes256Gcm;
import dev.keyservice.identity.Caller;
import dev.keyservice.testing.Callers;
import dev.keyservice.testing.Fuzzing;
import dev.keyservice.testing.Reading;
import java.util.Optional;
import org.junit.jupiter.api.extension.RegisterExtension;

/// A token is redeemed for nobody else, for nothing else and not in another spelling.
class PageTokenFuzzTest {
  @RegisterExtension static final Fuzzing FUZZING = new Fuzzing("page tokens");

  private static final Caller CALLER = Callers.of("cn:app");
  private static final String QUERY = "keyRings/ring";
  private static final Optional<String> LAST = Optional.of("key");

  /// Issued by an earlier run, so that an input that is kept says the same in every run.
  private static final String ISSUED = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAR3trsjWTJxQeaC3LLYHr0up5Tw";

  private final PageToken tokens =
      new PageToken(() -> new XAes256Gcm(SecretBytes.of(new byte[32])));

  @FuzzTest
  void redeemsOnlyWhatWasIssued(FuzzedDataProvider data) {
    FUZZING.count();
    var caller = data.consumeBoolean() ? CALLER : Callers.of("cn:" + data.consumeString(8));
    var query = data.consumeBoolean() ? QUERY : data.consumeString(20);
    var token = data.consumeBoolean() ? changed(data) : data.consumeRemainingAsString();

    var redeemed = Reading.ofField("page_token", () -> tokens.redeem(caller, query, token));

    if (token.isEmpty()) {
      assertEquals(Optional.of(Optional.empty()), redeemed);
    } else {
      var isIssued = token.equals(ISSUED) && caller.id().equals(CALLER.id()) && query.equals(QUERY);
      assertEquals(isIssued ? Optional.of(LAST) : Optional.empty(), redeemed);
    }
  }

  /// Some characters replaced, and perhaps one cut off or added.
  private static String changed(FuzzedDataProvider data) {
    var letters = new StringBuilder(ISSUED);
    letters.setLength(data.consumeInt(ISSUED.length() - 1, ISSUED.length() + 1));
    while (data.remainingBytes() > 1) {
      letters.setCharAt(data.consumeInt(0, letters.length() - 1), (char) data.consumeByte());
    }
    return letters.toString();
  }
}
