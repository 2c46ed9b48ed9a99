package dev.keyservice.bench;

import dev.keyservice.bench.Plan.Rate;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Stream;

/// Takes the rounds of all targets in turns, so that whatever the machine does besides meets all of
/// them, and every second time the other way round, so that none is always first.
final class Run {
  private final List<Target> targets;
  private final Plan plan;
  private final Consumer<String> progress;

  /// A run that has not begun.
  ///
  /// @param targets the first is the one that the others are compared with
  /// @param progress is told what goes on
  Run(List<Target> targets, Plan plan, Consumer<String> progress) {
    this.targets = targets;
    this.plan = plan;
    this.progress = progress;
  }

  /// Takes all rounds.
  ///
  /// @return for each target the figures of the closed load, then those of the open one
  List<Figures> run() {
    var closed = new Load.Closed(plan.inFlight());
    for (var target : targets) {
      progress.accept("warming up " + target.name());
      var _ = Round.of(closed, target, plan.warmUp());
    }
    var rounds = rounds("closed", _ -> closed);
    var figures = figures("closed", rounds);
    return plan.rate().isEmpty()
        ? figures
        : Stream.concat(
                figures.stream(),
                figures("open", rounds("open", open(plan.rate().get(), rounds))).stream())
            .toList();
  }

  private static Function<Target, Load> open(Rate rate, Map<Target, List<Round>> closed) {
    return switch (rate) {
      case Rate.Calls(var perSecond) -> _ -> new Load.Open(perSecond);
      case Rate.OfTheMost(var percent) ->
          target -> {
            var rates = closed.getOrDefault(target, List.of()).stream().map(Round::callsPerSecond);
            return new Load.Open(Spread.of(rates.toList()).median() * percent / 100);
          };
    };
  }

  private Map<Target, List<Round>> rounds(String name, Function<Target, Load> load) {
    var rounds = new LinkedHashMap<Target, List<Round>>();
    targets.forEach(target -> rounds.put(target, new ArrayList<>()));
    for (var i = 0; i < plan.rounds(); i++) {
      progress.accept(name + " load, round " + (i + 1) + " of " + plan.rounds());
      var turn = i % 2 == 0 ? targets : targets.reversed();
      for (var target : turn) {
        var round = Round.of(load.apply(target), target, plan.roundTime());
        rounds.computeIfAbsent(target, _ -> new ArrayList<>()).add(round);
      }
    }
    return rounds;
  }

  private List<Figures> figures(String load, Map<Target, List<Round>> rounds) {
    var first = rounds.getOrDefault(targets.getFirst(), List.of());
    return rounds.entrySet().stream()
        .map(entry -> new Figures(entry.getKey().name(), load, entry.getValue(), first))
        .toList();
  }
}
