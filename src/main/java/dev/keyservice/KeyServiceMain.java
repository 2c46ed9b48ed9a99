package dev.keyservice;

import dev.keyservice.cli.KeyserviceCommand;
import dev.keyservice.rpc.ServiceRun;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.annotations.QuarkusMain;

/// Without arguments, or with `serve`, the service; anything else is a command, which runs without
/// starting it.
@QuarkusMain
public final class KeyServiceMain {
  KeyServiceMain() {}

  public static void main(String[] arguments) {
    if (arguments.length == 0 || (arguments.length == 1 && arguments[0].equals("serve"))) {
      Quarkus.run(ServiceRun.class);
    } else {
      System.exit(KeyserviceCommand.run(arguments));
    }
  }
}
