package dev.keyservice.bench;

import com.google.errorprone.annotations.FormatMethod;
import com.google.errorprone.annotations.FormatString;
import com.google.gson.JsonObject;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/// What a benchmark came to.
///
/// @param workloads of the services, the equal ones once; they differ in their keys only
/// @param figures of each target under the closed load, then under the open one; the first of a
///   load is what the others of it are compared with
public record Report(List<Workload> workloads, Plan plan, Machine machine, List<Figures> figures) {
  /// Whether every call was answered as expected.
  public boolean isClean() {
    return figures.stream().allMatch(one -> one.failures().isEmpty());
  }

  /// What was measured, in words.
  public List<String> description() {
    var workload = workloads.getFirst();
    return List.of(
        text(
            "%s, %,d bytes, %s, %s; %d connections, %d calls in flight on each",
            workload.mix(),
            workload.size(),
            workload.algorithm(),
            workloads.stream().map(Workload::keysInWords).collect(Collectors.joining(" or ")),
            plan.connections(),
            plan.inFlight()),
        text(
            "%d rounds of %d s for each load, in turns, after %d s of warming up",
            plan.rounds(), plan.roundTime().toSeconds(), plan.warmUp().toSeconds()),
        machine.toString());
  }

  /// For people: a heading and a row for each figure.
  public List<List<String>> table() {
    return ReportTable.rows(figures);
  }

  /// For programs: one JSON object.
  public JsonObject json() {
    return ReportJson.of(this);
  }

  /// For a browser: one page that needs nothing else.
  public String html() {
    return ReportPage.text(this);
  }

  /// Formats without regard to where the program runs.
  @FormatMethod
  static String text(@FormatString String format, Object... arguments) {
    return String.format(Locale.ROOT, format, arguments);
  }
}
