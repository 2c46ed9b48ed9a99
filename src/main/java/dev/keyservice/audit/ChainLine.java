package dev.keyservice.audit;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import java.io.IOException;
import java.util.Optional;
import java.util.OptionalLong;

/// What a line of a chain says, as far as one who goes along it asks: `docs/audit.md` has all of
/// its members. A number that is not there is 0, a text that is not there is empty.
final class ChainLine {
  private static final JsonFactory JSON =
      JsonFactory.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

  private OptionalLong seq = OptionalLong.empty();
  private String prev = "";
  private String type = "";
  private OptionalLong revision = OptionalLong.empty();
  private long recorded;
  private String head = "";
  private boolean end;
  private long file;
  private long format;
  private String chain = "";
  private String key = "";

  private ChainLine() {}

  /// Reads a line without its newline; empty when it is not one JSON object with a number.
  static Optional<ChainLine> parse(byte[] bytes) {
    try (var json = JSON.createParser(bytes)) {
      if (json.nextToken() != JsonToken.START_OBJECT) {
        return Optional.empty();
      }
      var line = new ChainLine();
      for (var member = json.nextFieldName(); member != null; member = json.nextFieldName()) {
        line.read(member, json.nextToken(), json);
      }
      return json.nextToken() == null && line.seq.isPresent()
          ? Optional.of(line)
          : Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private void read(String member, JsonToken token, JsonParser json) throws IOException {
    switch (member) {
      case "seq" -> seq = OptionalLong.of(number(token, json));
      case "prev" -> prev = text(token, json);
      case "type" -> type = text(token, json);
      case "revision" -> revision = OptionalLong.of(number(token, json));
      case "recorded" -> recorded = number(token, json);
      case "head" -> head = text(token, json);
      case "end" -> end = json.getBooleanValue();
      case "file" -> file = number(token, json);
      case "format" -> format = number(token, json);
      case "chain" -> chain = text(token, json);
      case "key" -> key = text(token, json);
      default -> json.skipChildren();
    }
  }

  private static long number(JsonToken token, JsonParser json) throws IOException {
    if (token != JsonToken.VALUE_NUMBER_INT) {
      throw new JsonParseException(json, "no integer");
    }
    return json.getLongValue();
  }

  private static String text(JsonToken token, JsonParser json) throws IOException {
    if (token != JsonToken.VALUE_STRING) {
      throw new JsonParseException(json, "no text");
    }
    return json.getText();
  }

  long seq() {
    return seq.orElseThrow();
  }

  String prev() {
    return prev;
  }

  String type() {
    return type;
  }

  /// The change of the store that it records, or the newest that it knows.
  OptionalLong revision() {
    return revision;
  }

  long recorded() {
    return recorded;
  }

  /// Of the store, at the revision.
  StoreHead head() {
    return new StoreHead(revision.orElse(0), head);
  }

  /// Whether the chain was ended here.
  boolean isEnd() {
    return end;
  }

  long file() {
    return file;
  }

  long format() {
    return format;
  }

  String chain() {
    return chain;
  }

  String key() {
    return key;
  }
}
