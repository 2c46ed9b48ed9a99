package dev.keyservice.limit;

import dev.keyservice.call.Rate;
import dev.keyservice.identity.Caller;
import java.util.List;

/// Says how often a caller may call.
@FunctionalInterface
public interface RatesOfCaller {

  /// The rates that hold for a caller, all of them at once; empty when none is laid down for it.
  List<Rate> of(Caller caller);
}
