package dev.keyservice.audit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ChainLineTest {
  private static Optional<ChainLine> parse(String text) {
    return ChainLine.parse(text.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void readsTheMembersThatItKnowsAndOnlyThoseOfTheObjectItself() {
    var line =
        parse(
                """
                {"seq":7,"prev":"a","other":{"seq":8,"revision":9},"type":"checkpoint",\
                "recorded":3,"revision":4,"head":"b","end":true,"more":[1,{"end":false}]}\
                """)
            .orElseThrow();

    assertEquals(7, line.seq());
    assertEquals("a", line.prev());
    assertEquals("checkpoint", line.type());
    assertEquals(3, line.recorded());
    assertEquals(OptionalLong.of(4), line.revision());
    assertEquals(new StoreHead(4, "b"), line.head());
    assertTrue(line.isEnd());
  }

  @Test
  void whatIsNotThereIsNothing() {
    var line = parse("{\"seq\":0}").orElseThrow();

    assertEquals("", line.prev() + line.type() + line.chain() + line.key());
    assertEquals(0, line.recorded() + line.file() + line.format());
    assertEquals(OptionalLong.empty(), line.revision());
    assertEquals(new StoreHead(0, ""), line.head());
    assertEquals(false, line.isEnd());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "7",
        "[{\"seq\":7}]",
        "{}",
        "{\"other\":{\"seq\":7}}",
        "{\"seq\":7",
        "{\"seq\":7}}",
        "{\"seq\":7}{\"seq\":7}",
        "{\"seq\":7} 7",
        "{\"seq\":7,\"seq\":7}",
        "{\"seq\":7,\"other\":{\"a\":1,\"a\":1}}",
        "{\"seq\":\"7\"}",
        "{\"seq\":7.0}",
        "{\"seq\":null}",
        "{\"seq\":18446744073709551623}",
        "{\"seq\":7,\"prev\":7}",
        "{\"seq\":7,\"prev\":null}",
        "{\"seq\":7,\"type\":[\"call\"]}",
        "{\"seq\":7,\"revision\":\"4\"}",
        "{\"seq\":7,\"revision\":{}}",
        "{\"seq\":7,\"end\":\"true\"}"
      })
  void whatIsNotOneObjectWithMembersOfTheirTypesIsNoLine(String text) {
    assertEquals(Optional.empty(), parse(text));
  }
}
