package dev.keyservice.audit;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.PublicKey;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.Base64;
import java.util.Locale;
import java.util.Optional;

/// One line of a chain, as `docs/audit.md` describes it: a JSON object without its newline.
///
/// The bytes are the record. Nothing is ever parsed and written again to be hashed or verified.
final class AuditLine {
  static final int FORMAT = 1;

  static final String TYPE_FILE = "file";
  static final String TYPE_CHECKPOINT = "checkpoint";
  static final String TYPE_CHANGE = "change";
  static final String TYPE_REPAIR = "repair";
  static final String TYPE_OUTAGE = "outage";
  static final String TYPE_RESTORED = "restored";

  /// What comes before the signed bytes of a line, so that the key signs nothing else by accident.
  private static final byte[] SIGNED_AS =
      "keyservice audit 1\n".getBytes(StandardCharsets.US_ASCII);

  private static final String SIGNATURE = ",\"signature\":\"";
  private static final JsonFactory JSON = new JsonFactory();

  private AuditLine() {}

  /// The members of a line beside those that every line has.
  @FunctionalInterface
  interface Members {
    void to(JsonGenerator json) throws IOException;
  }

  static byte[] of(Position at, Instant time, String type, Members members) {
    var bytes = new ByteArrayOutputStream(512);
    try (var json = JSON.createGenerator(bytes)) {
      json.writeStartObject();
      json.writeNumberField("seq", at.next());
      json.writeStringField("prev", at.hash());
      json.writeStringField("time", time.truncatedTo(ChronoUnit.MICROS).toString());
      json.writeStringField("type", type);
      members.to(json);
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException("memory takes bytes", e);
    }
    return bytes.toByteArray();
  }

  static byte[] of(Position at, Instant time, AuditEvent event) {
    return switch (event) {
      case AuditEvent.Call call ->
          of(at, time, call.phase().name().toLowerCase(Locale.ROOT), json -> write(call, json));
      case AuditEvent.Recovered(var change) ->
          of(at, time, TYPE_CHANGE, json -> write(change, json));
    };
  }

  private static void write(AuditEvent.Call call, JsonGenerator json) throws IOException {
    var facts = call.facts();
    write(json, "caller", facts.callerId());
    write(json, "callerCn", facts.callerCn().filter(cn -> !cn.isEmpty()));
    json.writeStringField("method", facts.method());
    write(json, "sourceKey", facts.sourceKey());
    writeNumber(json, "sourceVersion", facts.sourceVersion());
    write(json, "key", facts.key());
    writeNumber(json, "version", facts.version());
    writeNumber(json, "items", facts.items());
    writeNumber(json, "failed", facts.failed());
    if (call.revision().isPresent()) {
      json.writeNumberField("revision", call.revision().getAsLong());
    }
    if (!call.code().isEmpty()) {
      json.writeStringField("code", call.code());
    }
    write(json, "reason", facts.reason());
    write(json, "requestId", facts.requestId());
    write(json, "traceId", facts.traceId());
    json.writeStringField("peer", facts.peer());
    json.writeNumberField("us", call.micros());
  }

  private static void write(JsonGenerator json, String name, Optional<String> value)
      throws IOException {
    if (value.isPresent()) {
      json.writeStringField(name, value.get());
    }
  }

  private static void writeNumber(JsonGenerator json, String name, Optional<Integer> value)
      throws IOException {
    if (value.isPresent()) {
      json.writeNumberField(name, value.get());
    }
  }

  private static void write(CommittedChange change, JsonGenerator json) throws IOException {
    json.writeStringField("caller", change.actor());
    json.writeStringField("action", change.action());
    json.writeStringField("key", change.key());
    json.writeNumberField("revision", change.revision());
    json.writeStringField("changeTime", change.time().toString());
  }

  /// The same line with a signature over its bytes as they are, the closing brace left out.
  static byte[] signed(byte[] line, AuditKeyPair keys) {
    var open = Arrays.copyOf(line, line.length - 1);
    var signature = Base64.getEncoder().encodeToString(keys.sign(message(open)));
    var rest = (SIGNATURE + signature + "\"}").getBytes(StandardCharsets.US_ASCII);
    var whole = Arrays.copyOf(open, open.length + rest.length);
    System.arraycopy(rest, 0, whole, open.length, rest.length);
    return whole;
  }

  private static byte[] message(byte[] open) {
    var message = Arrays.copyOf(SIGNED_AS, SIGNED_AS.length + open.length);
    System.arraycopy(open, 0, message, SIGNED_AS.length, open.length);
    return message;
  }

  /// Whether a line is signed by this key, with the signature as its last member.
  static boolean isSignedBy(PublicKey key, byte[] line) {
    // Latin-1: an index of the text is one of the bytes.
    var text = new String(line, StandardCharsets.ISO_8859_1);
    var begin = text.lastIndexOf(SIGNATURE);
    if (begin < 0 || !text.endsWith("\"}")) {
      return false;
    }
    var base64 = text.substring(begin + SIGNATURE.length(), text.length() - 2);
    try {
      var signature = Base64.getDecoder().decode(base64);
      // The decoder takes more than one text for the same bytes.
      return Base64.getEncoder().encodeToString(signature).equals(base64)
          && AuditKeyPair.verifies(key, message(Arrays.copyOf(line, begin)), signature);
    } catch (IllegalArgumentException e) {
      return false; // no base64
    }
  }

  /// The end of a chain so far.
  ///
  /// @param seq of its last line, -1 before the first
  /// @param hash of that line
  record Position(long seq, String hash) {
    static final Position BEGINNING = new Position(-1, Hash.NONE);

    long next() {
      return seq + 1;
    }

    Position after(byte[] line) {
      return new Position(seq + 1, Hash.of(line));
    }
  }
}
