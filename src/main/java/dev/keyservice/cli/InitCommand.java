package dev.keyservice.cli;

import dev.keyservice.config.Setting;
import dev.keyservice.maintenance.Init;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/// `keyservice init`: what the service needs before its first start.
@Command(
    name = "init",
    description = "Make the first root key and the first policy. Overwrites nothing.")
final class InitCommand implements Runnable {
  private static final String FIRST_ROOT_KEY = "root-1";

  @ParentCommand private KeyserviceCommand program = new KeyserviceCommand();

  @Option(
      names = "--admin",
      required = true,
      paramLabel = "CALLER",
      description = "Who manages keys: cn:NAME or spiffe://DOMAIN/PATH.")
  private String admin = "";

  @Option(
      names = "--root-keys-dir",
      paramLabel = "DIR",
      description = "Default: KEYSERVICE_ROOT_KEYS_DIR, or root-keys.")
  private @Nullable Path rootKeysDir;

  @Option(
      names = "--policy-file",
      paramLabel = "FILE",
      description = "Default: KEYSERVICE_POLICY_FILE, or policy.yaml.")
  private @Nullable Path policyFile;

  @Override
  public void run() {
    program.refuseUnknownSettings();
    var made =
        Init.make(
            rootKeysDir == null ? path(Setting.ROOT_KEYS_DIR) : rootKeysDir,
            program.shell().value(Setting.ROOT_KEYS_ACTIVE).orElse(FIRST_ROOT_KEY),
            policyFile == null ? path(Setting.POLICY_FILE) : policyFile,
            admin);
    var out = program.shell().text();
    out.println("Made the root key " + made.rootKey() + ".");
    out.println("  Keep a copy in a safe place: without it nothing in the store can be opened.");
    out.println("Made the policy " + made.policy() + ".");
    out.println("  " + admin + " may create and see all keys, and use none. To let callers use");
    out.println("  keys, bind them to encrypter and decrypter there: the file shows how.");
    out.println("Start the service with:");
    out.println("  KEYSERVICE_ROOT_KEYS_DIR=" + made.rootKeysDir());
    out.println("  KEYSERVICE_ROOT_KEYS_ACTIVE=" + made.rootKeyId());
    out.println("  KEYSERVICE_POLICY_FILE=" + made.policy());
  }

  private Path path(Setting setting) {
    return program.shell().file(setting).or(() -> setting.byDefault().map(Path::of)).orElseThrow();
  }
}
