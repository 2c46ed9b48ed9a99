package dev.keyservice.maintenance;

import dev.keyservice.failure.SettingRefused;
import dev.keyservice.root.FileRootKeys;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// Makes what the service needs before its first start: a root key and a policy. It makes both or
/// neither, and never touches a file that is there.
public final class Init {
  private Init() {}

  /// What was made, by absolute paths.
  ///
  /// @param rootKey the file with the key itself
  public record Made(Path rootKeysDir, String rootKeyId, Path rootKey, Path policy) {}

  /// Makes the root key, with its directory if there is none, and the policy.
  ///
  /// @param admin `cn:NAME` or `spiffe://DOMAIN/PATH`: who may manage, but not use, all keys
  /// @throws SettingRefused when one of the files is there already or cannot be made
  public static Made make(Path rootKeysDir, String rootKeyId, Path policy, String admin) {
    FirstPolicy.requireCaller("--admin", admin);
    var rootKey = rootKeysDir.resolve(rootKeyId + ".key");
    if (Files.exists(rootKey)) {
      throw new SettingRefused(
          "KEYSERVICE_ROOT_KEYS_DIR", rootKey + " is there already and stays as it is");
    }
    if (Files.exists(policy)) {
      throw FirstPolicy.refused(policy, "is there already and stays as it is");
    }
    writePolicy(policy, admin);
    try {
      FileRootKeys.create(rootKeysDir, rootKeyId);
    } catch (SettingRefused e) {
      delete(policy);
      throw e;
    }
    return new Made(absolute(rootKeysDir), rootKeyId, absolute(rootKey), absolute(policy));
  }

  private static Path absolute(Path file) {
    return file.toAbsolutePath().normalize();
  }

  private static void writePolicy(Path policy, String admin) {
    try {
      FirstPolicy.writeForAdmin(policy, admin);
    } catch (IOException e) {
      throw FirstPolicy.refused(policy, "cannot be made: " + e.getMessage());
    }
  }

  private static void delete(Path policy) {
    try {
      Files.deleteIfExists(policy);
    } catch (IOException e) {
      throw FirstPolicy.refused(policy, "cannot be taken back; delete it");
    }
  }
}
