package dev.keyservice.root;

import dev.keyservice.crypto.SecretBytes;
import dev.keyservice.crypto.XAes256Gcm;
import dev.keyservice.failure.Failure;
import dev.keyservice.failure.SettingRefused;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/// Root keys as files: one `<id>.key` of 32 raw bytes each, in one directory.
///
/// Every key file is checked and loaded at once, so that a store which an older root key wrapped
/// still opens and a file at fault is found today, not on the day when it is needed. Other names
/// and hidden entries, such as Kubernetes' `..data`, are passed over. Wrapped: XAES-256-GCM,
/// `nonce(24) ‖ ciphertext ‖ tag(16)`.
public final class FileRootKeys implements RootKeyProvider, AutoCloseable {
  private static final String ACTIVE_SETTING = "KEYSERVICE_ROOT_KEYS_ACTIVE";

  private final Path directory;
  private final String activeId;
  private final Map<String, SecretBytes> keys = new HashMap<>();

  private FileRootKeys(Path directory, String activeId) {
    this.directory = directory;
    this.activeId = activeId;
  }

  /// Reads all root keys of a directory.
  ///
  /// @param activeId the one that wraps from now on
  /// @throws SettingRefused when a key file has the wrong length or name or gives anything to
  ///   others or write to its group, when there is none, or when the active one is missing
  public static FileRootKeys load(Path directory, String activeId) {
    requireId(activeId);
    var loaded = new FileRootKeys(directory, activeId);
    try {
      loaded.readAll();
      return loaded;
    } catch (SettingRefused e) {
      loaded.close();
      throw e;
    }
  }

  /// Makes a new root key, with the directory if there is none: 0700 and 0600. The caller tells the
  /// operator to keep a copy: without it the store is lost.
  ///
  /// @throws SettingRefused when there is such a key already, or it cannot be written
  public static void create(Path directory, String id) {
    requireId(id);
    RootKeyFile.create(directory, id);
  }

  private static void requireId(String id) {
    if (!RootKeyFile.isId(id)) {
      throw new SettingRefused(
          ACTIVE_SETTING, "the id of a root key is " + RootKeyFile.ID_SYNTAX + "; choose another");
    }
  }

  private void readAll() {
    if (!Files.isDirectory(directory)) {
      throw refused(directory + " is not a directory; keyservice init makes one");
    }
    try (var files = Files.newDirectoryStream(directory, FileRootKeys::isKeyFile)) {
      readAll(files);
    } catch (IOException e) {
      throw refused(
          directory + " cannot be listed by the user of this process; run chmod 700 " + directory);
    }
    if (keys.isEmpty()) {
      throw refused(directory + " holds no <id>.key; keyservice init makes the first");
    }
    if (!keys.containsKey(activeId)) {
      throw new SettingRefused(
          ACTIVE_SETTING,
          "there is no %s.key in %s; name one that is there, or let keyservice init make it"
              .formatted(activeId, directory));
    }
  }

  private void readAll(DirectoryStream<Path> files) {
    for (var file : files) {
      keys.put(RootKeyFile.id(file), RootKeyFile.read(file));
    }
  }

  private static boolean isKeyFile(Path entry) {
    var name = String.valueOf(entry.getFileName());
    return name.endsWith(RootKeyFile.SUFFIX) && !name.startsWith(".");
  }

  @Override
  public String activeId() {
    return activeId;
  }

  @Override
  public byte[] wrap(SecretBytes secret, byte[] aad) {
    var aead = new XAes256Gcm(key(activeId));
    return secret.use(bytes -> aead.seal(bytes, aad));
  }

  @Override
  public SecretBytes unwrap(String rootKeyId, byte[] wrapped, byte[] aad) {
    var aead = new XAes256Gcm(key(rootKeyId));
    try {
      return SecretBytes.of(aead.open(wrapped, aad));
    } catch (Failure.InvalidArgument e) {
      throw refused(
          "%s/%s.key does not open the store: it is another key of that name, or the store has been"
                  .formatted(directory, rootKeyId)
              + " changed or is another one; restore the key or the store from its backup");
    }
  }

  private SecretBytes key(String id) {
    var key = keys.get(id);
    if (key == null) {
      throw refused(
          "%s has no %s.key, which wraps the store; put it back beside the others"
              .formatted(directory, id));
    }
    return key;
  }

  /// Erases every root key. Wrapping and unwrapping throw `IllegalStateException` from then on.
  @Override
  public void close() {
    keys.values().forEach(SecretBytes::close);
  }

  @Override
  public String toString() {
    return "FileRootKeys[" + directory + ", active " + activeId + "]";
  }

  private static SettingRefused refused(String problem) {
    return new SettingRefused(RootKeyFile.DIR_SETTING, problem);
  }
}
