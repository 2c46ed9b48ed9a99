package dev.keyservice.audit;

import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.keyservice.audit.AuditLine.Position;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PublicKey;
import java.util.Base64;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Goes along a chain from the first line of one of its files, and believes nothing that does not
/// follow from the line before.
final class ChainWalk {
  /// No line of ours is longer.
  private static final int LONGEST_LINE = 1 << 20;

  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private @Nullable PublicKey key;
  private @Nullable Position position;
  private String chain = "";
  private String keyText = "";
  private long firstFile;
  private long beganAt;
  private long files;
  private long lines;
  private long calls;
  private long checkpoints;
  private long recovered;
  private long repairs;
  private long outages;
  private long afterCheckpoint;
  private long file;
  private long wholeBytes;
  private byte[] torn = new byte[0];
  private boolean ended;
  private final RecordedChanges recorded = new RecordedChanges();
  private StoreHead head = StoreHead.NONE;

  /// @param key whose signatures are believed; empty for the one that the first file names
  ChainWalk(Optional<PublicKey> key) {
    this.key = key.orElse(null);
  }

  /// Goes along the next file.
  ///
  /// @param last whether no other follows: only then the last line may be torn, and only that one
  /// @throws BrokenChain at the first line that is not what it was
  void walk(long number, Path path, boolean last) throws IOException, BrokenChain {
    file = number;
    wholeBytes = 0;
    torn = new byte[0];
    var name = path.getFileName().toString();
    long count = 0;
    try (var in = new BufferedInputStream(Files.newInputStream(path), 1 << 16)) {
      for (var line = read(in); line != null; line = read(in)) {
        count++;
        if (!line.whole()) {
          if (!last || line.bytes().length >= LONGEST_LINE) {
            throw new BrokenChain(name, count, "the line has no end");
          }
          torn = line.bytes();
          break;
        }
        take(name, count, line.bytes());
        wholeBytes += line.bytes().length + 1L;
      }
    }
    if (count == 0 || (count == 1 && torn.length > 0)) {
      if (!last || position == null) {
        throw new BrokenChain(name, 1, "the file does not begin");
      }
    }
    files++;
  }

  @SuppressWarnings("ArrayRecordComponent") // never compared as a whole
  private record Read(byte[] bytes, boolean whole) {}

  private static @Nullable Read read(InputStream in) throws IOException {
    var line = new ByteArrayOutputStream();
    for (var next = in.read(); next >= 0; next = in.read()) {
      if (next == '\n') {
        return new Read(line.toByteArray(), true);
      }
      line.write(next);
      if (line.size() >= LONGEST_LINE) {
        return new Read(line.toByteArray(), false);
      }
    }
    return line.size() == 0 ? null : new Read(line.toByteArray(), false);
  }

  private void take(String name, long count, byte[] bytes) throws BrokenChain {
    var line = parse(name, count, bytes);
    var type = text(line, "type");
    if ((count == 1) != type.equals(AuditLine.TYPE_FILE)) {
      throw new BrokenChain(
          name, count, count == 1 ? "the file does not begin as one" : "a file begins within one");
    }
    follow(name, count, line);
    if (count == 1) {
      begin(name, line);
    }
    if (type.equals(AuditLine.TYPE_FILE) || type.equals(AuditLine.TYPE_CHECKPOINT)) {
      requireSigned(name, count, bytes);
      checkpoint(line);
    } else {
      afterCheckpoint++;
    }
    count(type, line);
    ended = type.equals(AuditLine.TYPE_CHECKPOINT) && line.path("end").asBoolean();
    position = new Position(line.path("seq").asLong(), Hash.of(bytes));
    lines++;
  }

  private static JsonNode parse(String name, long count, byte[] bytes) throws BrokenChain {
    try {
      var line = JSON.readTree(bytes);
      if (line.isObject() && line.path("seq").isIntegralNumber()) {
        return line;
      }
    } catch (IOException e) {
      // said below
    }
    throw new BrokenChain(name, count, "this is no line of a chain");
  }

  private void follow(String name, long count, JsonNode line) throws BrokenChain {
    var seq = line.path("seq").asLong();
    var before = position;
    if (before == null) {
      // The oldest file that is there. What its signed first line says it follows is believed.
      if (file == 1 && (seq != 0 || !text(line, "prev").equals(Hash.NONE))) {
        throw new BrokenChain(name, count, "the chain does not begin here");
      }
      return;
    }
    if (seq != before.next()) {
      throw new BrokenChain(
          name, count, "record " + before.next() + " belongs here, and this is " + seq);
    }
    if (!text(line, "prev").equals(before.hash())) {
      throw new BrokenChain(
          name, count, "record " + before.seq() + ", the line before, is not what it was");
    }
  }

  private void begin(String name, JsonNode line) throws BrokenChain {
    if (line.path("file").asLong() != file || line.path("format").asInt() != AuditLine.FORMAT) {
      throw new BrokenChain(name, 1, "the file has another number or format");
    }
    if (position == null) {
      firstFile = file;
      beganAt = file == 1 ? line.path("revision").asLong() : 0;
      chain = text(line, "chain");
      keyText = text(line, "key");
      recorded.begin(line.path("recorded").asLong());
    }
    if (!text(line, "chain").equals(chain) || !text(line, "key").equals(keyText)) {
      throw new BrokenChain(name, 1, "the file is of another chain");
    }
    if (key == null) {
      try {
        key = AuditKeyPair.publicKey(Base64.getDecoder().decode(keyText));
      } catch (IllegalArgumentException e) {
        throw new BrokenChain(name, 1, "it names no key");
      }
    }
  }

  private void requireSigned(String name, long count, byte[] bytes) throws BrokenChain {
    if (key == null || !AuditLine.isSignedBy(key, bytes)) {
      throw new BrokenChain(name, count, "the signature is not that of the audit key");
    }
  }

  private void checkpoint(JsonNode line) {
    var said = line.path("recorded").asLong();
    recorded.reached(said);
    head = new StoreHead(line.path("revision").asLong(), text(line, "head"));
    afterCheckpoint = 0;
  }

  private void count(String type, JsonNode line) {
    switch (type) {
      case AuditLine.TYPE_CHECKPOINT -> checkpoints++;
      case AuditLine.TYPE_REPAIR -> repairs++;
      case AuditLine.TYPE_OUTAGE -> outages++;
      case AuditLine.TYPE_RESTORED -> {
        head = new StoreHead(line.path("revision").asLong(), text(line, "head"));
        recorded.restart(head.revision());
      }
      case AuditLine.TYPE_CHANGE -> recovered++;
      case AuditLine.TYPE_FILE -> {
        // counted as a file
      }
      default -> calls++;
    }
    if (line.has("revision")
        && !type.equals(AuditLine.TYPE_CHECKPOINT)
        && !type.equals(AuditLine.TYPE_FILE)
        && !type.equals(AuditLine.TYPE_RESTORED)) {
      recorded.add(line.path("revision").asLong());
    }
  }

  private static String text(JsonNode line, String member) {
    return line.path(member).asText("");
  }

  Optional<Position> position() {
    return Optional.ofNullable(position);
  }

  String chain() {
    return chain;
  }

  String keyText() {
    return keyText;
  }

  /// The file that was walked last.
  long file() {
    return file;
  }

  /// How many of its bytes are whole lines.
  long wholeBytes() {
    return wholeBytes;
  }

  /// What comes after them.
  byte[] torn() {
    return torn.clone();
  }

  RecordedChanges recorded() {
    return recorded;
  }

  /// The newest change of the store that the chain has seen.
  StoreHead head() {
    return head;
  }

  ChainReport report() {
    return new ChainReport(
        chain,
        keyText,
        firstFile,
        beganAt,
        files,
        lines,
        calls,
        checkpoints,
        recovered,
        repairs,
        outages,
        afterCheckpoint,
        torn.length,
        ended,
        position().map(Position::seq).orElse(-1L),
        position().map(Position::hash).orElse(Hash.NONE));
  }
}
