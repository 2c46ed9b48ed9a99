package dev.keyservice.crypto;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class LengthPrefixedTest {
  @Test
  void precedesEveryPartByItsLength() {
    var sequence =
        LengthPrefixed.tagged((byte) 0x01)
            .bytes(new byte[] {(byte) 0xAB, (byte) 0xCD})
            .text("é")
            .int32(-2)
            .int64(258)
            .uuid(UUID.fromString("00112233-4455-6677-8899-aabbccddeeff"))
            .toByteArray();

    assertEquals(
        "01"
            + ("00000002" + "abcd")
            + ("00000002" + "c3a9")
            + ("00000004" + "fffffffe")
            + ("00000008" + "0000000000000102")
            + ("00000010" + "00112233445566778899aabbccddeeff"),
        hex(sequence));
  }

  @Test
  void beginsWithTheFirstPartWhenUntagged() {
    assertEquals("", hex(LengthPrefixed.untagged().toByteArray()));
    assertEquals("0000000161", hex(LengthPrefixed.untagged().text("a").toByteArray()));
  }

  @Test
  void tellsNothingFromAnEmptyPart() {
    assertEquals("ffffffff", hex(LengthPrefixed.untagged().bytes(null).toByteArray()));
    assertEquals("ffffffff", hex(LengthPrefixed.untagged().text(null).toByteArray()));
    assertEquals("00000000", hex(LengthPrefixed.untagged().bytes(new byte[0]).toByteArray()));
    assertEquals("00000000", hex(LengthPrefixed.untagged().text("").toByteArray()));
  }

  @Test
  void givesOtherBytesWhenALetterMovesToTheNextPart() {
    var one = LengthPrefixed.untagged().text("ab").text("c").toByteArray();
    var other = LengthPrefixed.untagged().text("a").text("bc").toByteArray();

    assertFalse(Arrays.equals(one, other));
  }

  @Test
  void refusesTextThatUtf8CannotTellApart() {
    // String.getBytes would write both as "?".
    assertThrows(IllegalArgumentException.class, () -> LengthPrefixed.untagged().text("\ud800"));
    assertThrows(IllegalArgumentException.class, () -> LengthPrefixed.untagged().text("\udfff"));
  }

  @Test
  void goesOnAfterItHasBeenRead() {
    var sequence = LengthPrefixed.untagged().text("a");
    var before = sequence.toByteArray();

    assertArrayEquals(before, sequence.toByteArray());
    assertEquals("00000001610000000162", hex(sequence.text("b").toByteArray()));
  }

  private static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }
}
