package dev.keyservice.cli;

import static dev.keyservice.cli.DemoRound.KEY;

import dev.keyservice.client.KeyServiceClient;
import dev.keyservice.v1.TestPermissionsRequest;
import dev.keyservice.v1.WhoAmIRequest;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.PrintStream;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// The demonstration against a service that runs already, as the caller of the settings. The key
/// stays, since a name is never given again, and serves the next time.
final class RemoteDemo {
  private static final String CREATE = "keys.create";
  private static final List<String> NEEDED = List.of("crypto.encrypt", "crypto.decrypt");

  private final PrintStream out;
  private final KeyServiceClient client;

  /// @param client of a service that has said that it serves
  RemoteDemo(PrintStream out, KeyServiceClient client) {
    this.out = out;
    this.client = client;
  }

  /// Shows everything, or throws at the first step that does not end as it should.
  void show() {
    DemoRound.step(out, "The service is " + client.check() + ".");
    var me = client.access().whoAmI(WhoAmIRequest.getDefaultInstance()).getCallerId();
    DemoRound.step(out, "It knows me as " + me + ".");
    var granted = granted(me);
    var round = new DemoRound(out, client);
    if (granted.contains(CREATE)) {
      createKeyUnlessItIsThere(round);
    } else {
      skipped(
          "creating the key " + named() + ", for " + me + " may not (" + CREATE + ").",
          "If there is none, the next step fails.");
    }
    round.encryptAndDecrypt();
    skipped(
        "how strangers and callers without a binding are refused: that takes certificates of",
        "others. keyservice demo without --address shows it.");
  }

  private Set<String> granted(String me) {
    var request =
        TestPermissionsRequest.newBuilder()
            .setName(KEY.resource())
            .addPermissions(CREATE)
            .addAllPermissions(NEEDED)
            .build();
    var granted = new HashSet<>(client.access().testPermissions(request).getPermissionsList());
    var missing = NEEDED.stream().filter(permission -> !granted.contains(permission)).toList();
    if (!missing.isEmpty()) {
      throw new NotPermitted(
          "%s lacks %s on %s: bind it to the roles encrypter and decrypter in the policy"
              .formatted(me, String.join(" and ", missing), named()));
    }
    DemoRound.step(out, "Its policy lets me use the key " + named() + ".");
    return granted;
  }

  private void createKeyUnlessItIsThere(DemoRound round) {
    try {
      round.createKey();
    } catch (StatusRuntimeException e) {
      if (e.getStatus().getCode() != Status.Code.ALREADY_EXISTS) {
        throw e;
      }
      DemoRound.step(out, "The key " + named() + " is there already, and does.");
    }
  }

  private void skipped(String step, String... more) {
    DemoRound.step(out, "Skipped: " + step, more);
  }

  private static String named() {
    return KeyPath.shortened(KEY.resource());
  }
}
