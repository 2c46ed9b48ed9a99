package dev.keyservice.audit;

import dev.keyservice.audit.AuditLine.Position;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PublicKey;
import java.util.Base64;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Goes along a chain from the first line of one of its files, and believes nothing that does not
/// follow from the line before.
final class ChainWalk {
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
  private LineReader.Torn torn = LineReader.Torn.NOTHING;
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
    var name = path.getFileName().toString();
    if (files > 0 && number != file + 1) {
      throw new BrokenChain(AuditFiles.name(file + 1) + " is missing before " + name);
    }
    if (!Files.isRegularFile(path)) {
      throw new BrokenChain(name + " is no file");
    }
    file = number;
    wholeBytes = 0;
    long count = 0;
    try (var lines = new LineReader(path)) {
      for (var line = lines.next(); line != null; line = lines.next()) {
        count++;
        if (line.isTooLong()) {
          throw new BrokenChain(name, count, "this is no line of a chain");
        }
        take(name, count, line.bytes());
        wholeBytes += line.length() + 1L;
      }
      torn = lines.torn();
    }
    if (torn.isThere() && !last) {
      throw new BrokenChain(name, count + 1, "the line has no end");
    }
    if (count == 0 && (!last || position == null)) {
      throw new BrokenChain(name, 1, "the file does not begin");
    }
    files++;
  }

  private void take(String name, long count, byte[] bytes) throws BrokenChain {
    var line =
        ChainLine.parse(bytes)
            .orElseThrow(() -> new BrokenChain(name, count, "this is no line of a chain"));
    var type = line.type();
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
    ended = type.equals(AuditLine.TYPE_CHECKPOINT) && line.isEnd();
    position = new Position(line.seq(), Hash.of(bytes));
    lines++;
  }

  private void follow(String name, long count, ChainLine line) throws BrokenChain {
    var seq = line.seq();
    var before = position;
    if (before == null) {
      // The oldest file that is there. What its signed first line says it follows is believed.
      if (file == 1 && (seq != 0 || !line.prev().equals(Hash.NONE))) {
        throw new BrokenChain(name, count, "the chain does not begin here");
      }
      return;
    }
    if (seq != before.next()) {
      throw new BrokenChain(
          name, count, "record " + before.next() + " belongs here, and this is " + seq);
    }
    if (!line.prev().equals(before.hash())) {
      throw new BrokenChain(
          name, count, "record " + before.seq() + ", the line before, is not what it was");
    }
  }

  private void begin(String name, ChainLine line) throws BrokenChain {
    if (line.file() != file || line.format() != AuditLine.FORMAT) {
      throw new BrokenChain(name, 1, "the file has another number or format");
    }
    if (position == null) {
      firstFile = file;
      beganAt = file == 1 ? line.head().revision() : 0;
      chain = line.chain();
      keyText = line.key();
      recorded.begin(line.recorded());
    }
    if (!line.chain().equals(chain) || !line.key().equals(keyText)) {
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

  private void checkpoint(ChainLine line) {
    recorded.reached(line.recorded());
    head = line.head();
    afterCheckpoint = 0;
  }

  private void count(String type, ChainLine line) {
    switch (type) {
      case AuditLine.TYPE_CHECKPOINT -> checkpoints++;
      case AuditLine.TYPE_REPAIR -> repairs++;
      case AuditLine.TYPE_OUTAGE -> outages++;
      case AuditLine.TYPE_RESTORED -> {
        head = line.head();
        recorded.restart(head.revision());
      }
      case AuditLine.TYPE_CHANGE -> recovered++;
      case AuditLine.TYPE_FILE -> {
        // counted as a file
      }
      default -> calls++;
    }
    if (!type.equals(AuditLine.TYPE_CHECKPOINT)
        && !type.equals(AuditLine.TYPE_FILE)
        && !type.equals(AuditLine.TYPE_RESTORED)) {
      line.revision().ifPresent(recorded::add);
    }
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
  LineReader.Torn torn() {
    return torn;
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
        torn.length(),
        ended,
        position().map(Position::seq).orElse(-1L),
        position().map(Position::hash).orElse(Hash.NONE));
  }
}
