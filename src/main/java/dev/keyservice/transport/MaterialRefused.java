package dev.keyservice.transport;

import dev.keyservice.failure.SettingRefused;

/// TLS files that are not believed: at start they end it, later the material in force stays.
public final class MaterialRefused extends SettingRefused {
  private static final long serialVersionUID = 1L;

  private final MaterialProblem problem;

  MaterialRefused(MaterialProblem problem, String setting, String message) {
    super(setting, message);
    this.problem = problem;
  }

  /// What is wrong, as one of a closed set.
  public MaterialProblem problem() {
    return problem;
  }
}
