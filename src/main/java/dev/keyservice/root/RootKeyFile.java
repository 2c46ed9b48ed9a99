package dev.keyservice.root;

import dev.keyservice.crypto.SecretBytes;
import dev.keyservice.failure.SettingRefused;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Set;
import java.util.regex.Pattern;

/// One `<id>.key`: 32 raw bytes that nobody else can read or replace.
final class RootKeyFile {
  static final String DIR_SETTING = "KEYSERVICE_ROOT_KEYS_DIR";
  static final String SUFFIX = ".key";
  static final String ID_SYNTAX = "1 to 63 of a-z, A-Z, 0-9, '_' and '-'";

  private static final Pattern ID = Pattern.compile("[a-zA-Z0-9_-]{1,63}");
  private static final int KEY_BYTES = 32;

  /// Group may read: Kubernetes mounts secrets 0440, with the group of the pod.
  private static final Set<PosixFilePermission> FORBIDDEN =
      EnumSet.of(
          PosixFilePermission.GROUP_WRITE,
          PosixFilePermission.OTHERS_READ,
          PosixFilePermission.OTHERS_WRITE,
          PosixFilePermission.OTHERS_EXECUTE);

  private static final String NO_PERMISSIONS =
      " is on a file system without POSIX permissions, which cannot keep a key from others;"
          + " use one that has them";

  private RootKeyFile() {}

  static boolean isId(String id) {
    return ID.matcher(id).matches();
  }

  /// The id that the name of the file gives.
  static String id(Path file) {
    var name = String.valueOf(file.getFileName());
    var id = name.substring(0, name.length() - SUFFIX.length());
    if (!isId(id)) {
      throw refused(file + " is not named <id>.key, the id " + ID_SYNTAX + "; rename or remove it");
    }
    return id;
  }

  /// Follows links: Kubernetes mounts each file as a link into the directory behind `..data`.
  static SecretBytes read(Path file) {
    try {
      if (!Files.isRegularFile(file)) {
        throw refused(file + " is not a file, nor a link to one; remove it");
      }
      refuseUnlessPrivate(file);
      return readExactly(file);
    } catch (IOException e) {
      throw refused(
          "%s cannot be read by the user of this process (%s); run chown or chmod 600 %s"
              .formatted(file, kind(e), file));
    }
  }

  private static void refuseUnlessPrivate(Path file) throws IOException {
    try {
      var mode = Files.getPosixFilePermissions(file);
      if (mode.stream().anyMatch(FORBIDDEN::contains)) {
        throw refused(
            "%s has the mode %s, which lets others read or replace it; run chmod 600 %s"
                .formatted(file, PosixFilePermissions.toString(mode), file));
      }
    } catch (UnsupportedOperationException e) {
      throw refused(file + NO_PERMISSIONS);
    }
  }

  private static SecretBytes readExactly(Path file) throws IOException {
    // One byte more than there may be, so that a longer file shows.
    var buffer = new byte[KEY_BYTES + 1];
    try (var in = Files.newInputStream(file)) {
      if (in.readNBytes(buffer, 0, buffer.length) != KEY_BYTES) {
        throw refused(
            file
                + " must hold exactly 32 raw bytes, no text and no line end; restore it, or, if it"
                + " never wrapped a store, remove it and run keyservice init");
      }
      return SecretBytes.of(Arrays.copyOf(buffer, KEY_BYTES));
    } finally {
      Arrays.fill(buffer, (byte) 0);
    }
  }

  /// Writes a fresh key, which survives a power cut once this returns. Never overwrites one: it may
  /// be the only key that opens some store.
  static void create(Path directory, String id) {
    var file = directory.resolve(id + SUFFIX);
    try {
      var fresh = Files.notExists(directory);
      Files.createDirectories(directory, mode("rwx------"));
      writeFreshKey(file);
      sync(directory);
      if (fresh) {
        sync(directory.resolve("..")); // the name of the directory itself
      }
    } catch (FileAlreadyExistsException e) {
      throw refused(
          e.getFile() + " exists already and is never overwritten; choose another id or directory");
    } catch (UnsupportedOperationException e) {
      throw refused(directory + NO_PERMISSIONS);
    } catch (IOException e) {
      throw refused(
          "%s cannot be written (%s); choose a directory where it can".formatted(file, kind(e)));
    }
  }

  private static void writeFreshKey(Path file) throws IOException {
    // The mode is there from the first moment: a chmod afterwards would come too late.
    var options = Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    try (var channel = FileChannel.open(file, options, mode("rw-------"))) {
      try {
        // Some file systems ignore the mode: look before there is a key to read.
        refuseUnlessPrivate(file);
        writeDurably(channel);
      } catch (IOException | SettingRefused e) {
        Files.deleteIfExists(file); // ours, and not a key
        throw e;
      }
    }
  }

  private static void writeDurably(FileChannel channel) throws IOException {
    var key = new byte[KEY_BYTES];
    new SecureRandom().nextBytes(key);
    try {
      for (var buffer = ByteBuffer.wrap(key); buffer.hasRemaining(); ) {
        channel.write(buffer);
      }
      channel.force(true);
    } finally {
      Arrays.fill(key, (byte) 0);
    }
  }

  /// Makes the new name durable too: fsync of a file does not cover its entry in the directory.
  private static void sync(Path directory) throws IOException {
    try (var channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  private static FileAttribute<Set<PosixFilePermission>> mode(String permissions) {
    return PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions));
  }

  private static String kind(IOException e) {
    return e.getClass().getSimpleName();
  }

  private static SettingRefused refused(String problem) {
    return new SettingRefused(DIR_SETTING, problem);
  }
}
