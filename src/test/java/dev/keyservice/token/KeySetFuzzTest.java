package dev.keyservice.token;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.DictionaryEntries;
import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.keyservice.testing.Fuzzing;
import dev.keyservice.testing.Reading;
import org.jose4j.jws.JsonWebSignature;
import org.junit.jupiter.api.extension.RegisterExtension;

/// What a server gives out as keys is refused, or has some.
class KeySetFuzzTest {
  @RegisterExtension static final Fuzzing FUZZING = new Fuzzing("JWK Sets");

  @DictionaryEntries({
    "\"keys\":[",
    "\"kty\":\"EC\"",
    "\"kty\":\"RSA\"",
    "\"kty\":\"OKP\"",
    "\"kty\":\"oct\"",
    "\"crv\":\"P-256\"",
    "\"crv\":\"Ed25519\"",
    "\"crv\":\"X25519\"",
    "\"use\":\"sig\"",
    "\"key_ops\":[\"verify\"]",
    "\"alg\":\"ES256\"",
    "\"x5c\":["
  })
  @FuzzTest
  void hasKeysOrIsRefused(byte[] json) {
    FUZZING.count();
    try {
      var keys = KeySet.parse(new String(json, UTF_8));
      assertTrue(keys.size() > 0);
      var signature = new JsonWebSignature();
      signature.setAlgorithmHeaderValue("ES256");
      assertTrue(keys.candidates(signature).size() <= keys.size());
    } catch (KeysRefused refused) {
      Reading.assertTold(refused.problem());
    }
  }
}
