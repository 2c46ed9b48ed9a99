package dev.keyservice.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/// The figures as one HTML page that needs nothing else.
final class ReportPage {
  private static final String STYLE =
      """
      body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 76rem;
        padding: 0 1rem; color: #222; background: #fff; }
      table { border-collapse: collapse; font-size: 13px; }
      th, td { padding: .25rem .6rem; text-align: right; border-bottom: 1px solid #ddd;
        font-variant-numeric: tabular-nums; white-space: nowrap; }
      th:nth-child(-n+2), td:nth-child(-n+2) { text-align: left; }
      svg { width: 100%; max-width: 46rem; height: auto; }
      polyline { fill: none; stroke-width: 2; }
      .grid { stroke: #ddd; }
      text { font: 12px system-ui, sans-serif; fill: #444; }
      .below { text-anchor: middle; }
      .beside { text-anchor: end; }
      .legend { list-style: none; padding: 0; }
      .legend li { display: inline-block; margin-right: 1.5rem; }
      .legend i { display: inline-block; width: 1.2rem; height: .3rem; margin-right: .4rem;
        vertical-align: middle; }
      """;

  private ReportPage() {}

  static String text(Report report) {
    var page = new ArrayList<String>();
    page.add("<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">");
    page.add("<title>keyservice benchmark</title><style>" + STYLE + "</style>");
    page.add("<h1>keyservice benchmark</h1>");
    report.description().forEach(line -> page.add("<p>" + escaped(line) + "</p>"));
    page.add(table(report.table()));
    for (var load : report.figures().stream().map(Figures::load).distinct().toList()) {
      var figures = report.figures().stream().filter(one -> one.load().equals(load)).toList();
      page.add("<h2>Latency, " + escaped(load) + " load</h2>");
      page.add(legend(figures));
      page.add(LatencyPlot.svg(figures));
    }
    page.add("</html>");
    return String.join("\n", page) + "\n";
  }

  private static String table(List<List<String>> rows) {
    var heading = row("th", rows.getFirst());
    var others =
        rows.stream().skip(1).map(cells -> row("td", cells)).collect(Collectors.joining("\n"));
    return "<table>\n" + heading + "\n" + others + "\n</table>";
  }

  private static String row(String element, List<String> cells) {
    return cells.stream()
        .map(cell -> "<" + element + ">" + escaped(cell) + "</" + element + ">")
        .collect(Collectors.joining("", "<tr>", "</tr>"));
  }

  private static String legend(List<Figures> figures) {
    var items = new StringBuilder();
    for (var i = 0; i < figures.size(); i++) {
      var colour = LatencyPlot.COLOURS.get(i % LatencyPlot.COLOURS.size());
      items
          .append("<li><i style=\"background:" + colour + "\"></i>")
          .append(escaped(figures.get(i).target()))
          .append("</li>");
    }
    return "<ul class=\"legend\">" + items + "</ul>";
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }
}
