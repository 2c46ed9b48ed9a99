package dev.keyservice.testing;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// A file system of its own in a file, to be filled, frozen and made read-only. Needs root.
public final class SmallDisk implements AutoCloseable {
  private final Path at;

  /// Mounts one, or skips the test where that is not possible.
  ///
  /// @param mebibytes its size; what is not used takes no room
  public SmallDisk(Installation installation, int mebibytes)
      throws IOException, InterruptedException {
    assumeTrue("root".equals(System.getProperty("user.name")), "only root can mount");
    var image = installation.file("disk.img");
    at = Files.createDirectory(installation.file("disk"));
    assume("truncate", "-s", mebibytes + "M", image.toString());
    assume("mkfs.ext4", "-q", "-m", "0", image.toString());
    assume("mount", "-o", "loop", image.toString(), at.toString());
  }

  private static int run(String... command) throws IOException, InterruptedException {
    return new ProcessBuilder(command).redirectErrorStream(true).start().waitFor();
  }

  private static void assume(String... command) throws IOException, InterruptedException {
    assumeTrue(run(command) == 0, String.join(" ", command));
  }

  /// A file or directory on it.
  public Path file(String name) {
    return at.resolve(name);
  }

  /// Takes all the room there is.
  ///
  /// @return the file that gives it back when it is deleted
  public Path fill() throws IOException, InterruptedException {
    var filler = file("filler");
    var _ = run("dd", "if=/dev/zero", "of=" + filler, "bs=1k");
    return filler;
  }

  /// Whoever writes to it waits until it is thawed. Not even `kill -9` ends that.
  public void freeze() throws IOException, InterruptedException {
    assume("fsfreeze", "-f", at.toString());
  }

  /// The opposite.
  public void thaw() throws IOException, InterruptedException {
    assume("fsfreeze", "-u", at.toString());
  }

  /// Nothing can be opened for writing on it any more.
  public void makeReadOnly() throws IOException, InterruptedException {
    assume("mount", "-o", "remount,ro", at.toString());
  }

  /// The opposite.
  public void makeWritable() throws IOException, InterruptedException {
    assume("mount", "-o", "remount,rw", at.toString());
  }

  /// In this directory no file can be made, renamed or deleted, by root neither.
  public void seal(Path directory) throws IOException, InterruptedException {
    assume("chattr", "+i", directory.toString());
  }

  /// The opposite.
  public void unseal(Path directory) throws IOException, InterruptedException {
    assume("chattr", "-i", directory.toString());
  }

  @Override
  public void close() {
    try {
      var _ = run("fsfreeze", "-u", at.toString());
      var _ = run("umount", at.toString());
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException("the disk is still mounted", e);
    }
  }
}
