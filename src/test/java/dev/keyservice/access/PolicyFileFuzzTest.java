package dev.keyservice.access;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.code_intelligence.jazzer.junit.DictionaryEntries;
import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.keyservice.key.CryptoKeyName;
import dev.keyservice.testing.Fuzzing;
import dev.keyservice.testing.Reading;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/// A policy is refused, or grants what its bindings say one by one.
class PolicyFileFuzzTest {
  @RegisterExtension static final Fuzzing FUZZING = new Fuzzing("policy files");

  private static final List<CryptoKeyName> NAMES =
      List.of(new CryptoKeyName("payments", "cards"), new CryptoKeyName("hr", "salaries"));

  @TempDir static Path directory;

  @DictionaryEntries({
    "roles:",
    "trust:",
    "bindings:",
    "name:",
    "callers:",
    "keys:",
    "limits:",
    "require:",
    "issuer:",
    "subject:",
    "group:",
    "cn:app",
    "spiffe://prod.example/app",
    "keys.view",
    "crypto.encrypt",
    "key-admin",
    "viewer",
    "certificate",
    "payments/*",
    "10/s burst 20",
    "!!binary ",
    "!!timestamp "
  })
  @FuzzTest
  void grantsWhatItsBindingsSay(byte[] yaml) throws IOException {
    FUZZING.count();
    var file = Files.write(directory.resolve("policy.yaml"), yaml);
    Reading.ofFile("KEYSERVICE_POLICY_FILE", file, () -> AccessPolicyFile.load(file))
        .ifPresent(policy -> {
          assertEquals(List.of(), PolicyChanges.between(policy, AccessPolicyFile.load(file)));
          policy.bindings().forEach(binding -> assertGranted(policy, binding));
        });
  }

  private static void assertGranted(AccessPolicy policy, Binding named) {
    for (var name : named.callers()) {
      var caller = new CallerNames(List.of(name), !named.certificate());
      for (var permission : Permission.values()) {
        for (var key : NAMES) {
          var granted =
              policy.bindings().stream()
                  .anyMatch(binding -> grants(binding, caller, permission, key));
          assertEquals(granted, policy.allows(caller, permission, Optional.of(key)));
          var decision = policy.explain(caller, permission, Optional.of(key));
          assertEquals(granted, decision instanceof Decision.Granted);
        }
      }
    }
  }

  private static boolean grants(
      Binding binding, CallerNames caller, Permission permission, CryptoKeyName key) {
    return binding.callers().stream().anyMatch(caller.names()::contains)
        && binding.permissions().contains(permission)
        && binding.keys().stream().anyMatch(keys -> keys.matches(key))
        && (caller.certificate() || !binding.certificate());
  }
}
