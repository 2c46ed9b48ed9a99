package dev.keyservice.maintenance;

import dev.keyservice.access.AccessPolicyFile;
import dev.keyservice.failure.SettingRefused;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/// The policy files that we write for others to begin with.
final class FirstPolicy {
  private static final String SETTING = "KEYSERVICE_POLICY_FILE";
  private static final Pattern CALLER = Pattern.compile("(cn:.+|spiffe://[^/]+/.+)");

  private FirstPolicy() {}

  static void requireCaller(String setting, String caller) {
    if (!CALLER.matcher(caller).matches() || caller.chars().anyMatch(Character::isISOControl)) {
      throw new SettingRefused(setting, "'" + caller + "' must be cn:NAME or spiffe://DOMAIN/PATH");
    }
  }

  /// Writes the policy of a first administrator, 0600.
  static void writeForAdmin(Path file, String caller) throws IOException {
    write(
        file,
        """
        # Who may do what. Whatever no binding grants is denied.
        bindings:
          - name: admin
            callers: [%s]
            roles: [key-admin]      # creates and sees keys, and can use none
            keys: ["*/*"]           # RING/KEY; '*' stops at '/'

        # Those who use keys, for example a service whose certificate names it "payments":
        #
        #  - name: payments-service
        #    callers: ["cn:payments", "spiffe://prod.example/ns/pay/sa/api"]
        #    roles: [encrypter, decrypter]
        #    keys: ["payments/*"]
        """
            .formatted(quoted(caller)));
  }

  /// Writes a policy for development, 0600.
  static void writeForDevelopment(Path file, String... callers) throws IOException {
    write(
        file,
        """
        # For development: these callers may do everything.
        bindings:
          - name: development
            callers: [%s]
            roles: [key-admin, viewer, encrypter, decrypter, reencrypter, signer, auditor, operator]
            keys: ["*/*"]
        """
            .formatted(
                Arrays.stream(callers).map(FirstPolicy::quoted).collect(Collectors.joining(", "))));
  }

  private static void write(Path file, String text) throws IOException {
    var ownerOnly =
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
    if (file.getParent() != null) {
      Files.createDirectories(file.getParent());
    }
    Files.writeString(Files.createFile(file, ownerOnly), text);
    var _ = AccessPolicyFile.load(file);
  }

  static SettingRefused refused(Path file, String problem) {
    return new SettingRefused(SETTING, file + " " + problem);
  }

  /// A double-quoted YAML scalar.
  private static String quoted(String text) {
    return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }
}
