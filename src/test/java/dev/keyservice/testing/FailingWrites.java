package dev.keyservice.testing;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;

/// Lets writes of a service to its database fail, one by one. Needs a C compiler.
public final class FailingWrites {
  private static final int BEFORE = 0;
  private static final int FAILING = 4;
  private static final int ERROR = 8;
  private static final int BYTES = 12;
  private static final int NONE = -1;

  private final Path library;
  private final Path control;
  private final MappedByteBuffer faults;

  /// What the operating system answers.
  public enum Errno {
    /// The disk does not do it.
    EIO(5),
    /// The disk is full.
    ENOSPC(28);

    private final int number;

    Errno(int number) {
      this.number = number;
    }
  }

  /// Prepares it, or skips the test where there is no C compiler.
  public FailingWrites(Installation installation) throws IOException, InterruptedException {
    library = installation.file("failing_writes.so");
    control = installation.file("failing-writes");
    compile(installation.file("failing_writes.c"));
    Files.write(control, new byte[BYTES]);
    try (var file = FileChannel.open(control, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      faults = file.map(FileChannel.MapMode.READ_WRITE, 0, BYTES);
    }
    var _ = faults.order(ByteOrder.nativeOrder());
    var _ = succeed();
  }

  private void compile(Path source) throws IOException, InterruptedException {
    try (var in = FailingWrites.class.getResourceAsStream("/faults/failing_writes.c")) {
      Files.write(source, in.readAllBytes());
    }
    try {
      var compiler =
          new ProcessBuilder(
                  "cc",
                  "-shared",
                  "-fPIC",
                  "-O2",
                  "-o",
                  library.toString(),
                  source.toString(),
                  "-ldl")
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      assumeTrue(compiler.waitFor() == 0, "the C compiler cannot compile");
    } catch (IOException e) {
      assumeTrue(false, "there is no C compiler");
    }
  }

  /// What the service has to be started with.
  public Map<String, String> variables() {
    return Map.of("LD_PRELOAD", library.toString(), "FAILING_WRITES", control.toString());
  }

  /// Lets writes fail after so many that succeed.
  public void fail(int after, int writes, Errno error) {
    var _ = faults.putInt(FAILING, writes);
    var _ = faults.putInt(ERROR, error.number);
    var _ = faults.putInt(BEFORE, after);
  }

  /// Lets all writes succeed again.
  ///
  /// @return whether any has failed since [#fail]
  public boolean succeed() {
    var left = faults.getInt(BEFORE);
    var _ = faults.putInt(BEFORE, NONE);
    return left <= 0;
  }
}
