package dev.keyservice.cli;

import java.util.ArrayList;
import java.util.List;

/// Lines of cells one below the other, each column as wide as its widest cell so far.
final class Columns {
  private static final String GAP = "  ";

  private final List<Integer> widths = new ArrayList<>();

  /// Makes room for the cells of a row.
  void widenFor(List<String> row) {
    for (int column = 0; column < row.size(); column++) {
      if (column == widths.size()) {
        widths.add(0);
      }
      widths.set(column, Math.max(widths.get(column), row.get(column).length()));
    }
  }

  /// One row as a line. What others said of themselves must neither forge a line nor steer the
  /// terminal.
  String line(List<String> row) {
    widenFor(row);
    var line = new StringBuilder();
    for (int column = 0; column < row.size(); column++) {
      var cell = row.get(column);
      line.append(cell).append(" ".repeat(widths.get(column) - cell.length())).append(GAP);
    }
    return line.toString().replaceAll("\\p{Cntrl}", "?").stripTrailing();
  }
}
