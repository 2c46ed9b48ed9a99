package dev.keyservice.bench;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.util.Map;
import org.HdrHistogram.Histogram;

/// The figures for programs. Times are in microseconds, memory in bytes; what is not known is
/// absent.
final class ReportJson {
  private static final double MICRO = 1e3;
  private static final double[] PERCENTILES = {50, 75, 90, 95, 99, 99.9, 99.99};

  private ReportJson() {}

  static JsonObject of(Report report) {
    var json = new JsonObject();
    var workloads = new JsonArray();
    report.workloads().forEach(one -> workloads.add(json(one)));
    json.add("workloads", workloads);
    json.add("plan", json(report.plan()));
    json.add("machine", json(report.machine()));
    var figures = new JsonArray();
    report.figures().forEach(one -> figures.add(json(one)));
    json.add("figures", figures);
    return json;
  }

  private static JsonObject json(Workload workload) {
    var json = new JsonObject();
    json.addProperty("mix", workload.mix().toString());
    json.addProperty("sizeBytes", workload.size());
    json.addProperty("algorithm", workload.algorithm().name());
    json.addProperty("keys", workload.keys());
    json.addProperty("keysUsed", workload.keysUsed());
    return json;
  }

  private static JsonObject json(Plan plan) {
    var json = new JsonObject();
    json.addProperty("connections", plan.connections());
    json.addProperty("inFlight", plan.inFlight());
    json.addProperty("rounds", plan.rounds());
    json.addProperty("roundSeconds", plan.roundTime().toSeconds());
    json.addProperty("warmUpSeconds", plan.warmUp().toSeconds());
    return json;
  }

  private static JsonObject json(Machine machine) {
    var json = new JsonObject();
    json.addProperty("processor", machine.processor());
    json.addProperty("cores", machine.cores());
    json.addProperty("system", machine.system());
    json.addProperty("client", machine.runtime());
    return json;
  }

  private static JsonObject json(Figures figures) {
    var json = new JsonObject();
    json.addProperty("load", figures.load());
    json.addProperty("target", figures.target());
    json.add("callsPerSecond", json(figures.callsPerSecond()));
    json.add("callsPerSecondRatio", json(figures.rateRatio()));
    figures.serverMicros().ifPresent(cpu -> json.add("serverMicrosPerCall", json(cpu)));
    figures.serverRatio().ifPresent(ratio -> json.add("serverMicrosPerCallRatio", json(ratio)));
    json.add("clientMicrosPerCall", json(figures.clientMicros()));
    json.add("latencyMicros", json(figures.latencies()));
    figures.residentBytes().ifPresent(bytes -> json.addProperty("residentBytes", bytes));
    json.add("failures", json(figures.failures()));
    var rounds = new JsonArray();
    figures.rounds().forEach(round -> rounds.add(json(round)));
    json.add("rounds", rounds);
    return json;
  }

  private static JsonObject json(Round round) {
    var json = new JsonObject();
    json.addProperty("calls", round.calls());
    json.addProperty("seconds", round.elapsed().toNanos() / 1e9);
    json.addProperty("callsPerSecond", round.callsPerSecond());
    round.serverMicros().ifPresent(cpu -> json.addProperty("serverMicrosPerCall", cpu));
    json.add("latencyMicros", json(round.latencies()));
    return json;
  }

  private static JsonObject json(Spread spread) {
    var json = new JsonObject();
    json.addProperty("median", spread.median());
    json.addProperty("least", spread.least());
    json.addProperty("most", spread.most());
    return json;
  }

  private static JsonObject json(Histogram latencies) {
    var json = new JsonObject();
    for (var percentile : PERCENTILES) {
      json.addProperty(
          Report.text("p%s", Double.toString(percentile).replaceFirst("\\.0$", "")),
          latencies.getValueAtPercentile(percentile) / MICRO);
    }
    json.addProperty("max", latencies.getMaxValue() / MICRO);
    return json;
  }

  private static JsonObject json(Map<String, Long> counts) {
    var json = new JsonObject();
    counts.forEach(json::addProperty);
    return json;
  }
}
