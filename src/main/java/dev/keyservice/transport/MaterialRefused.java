package dev.keyservice.transport;

import dev.keyservice.failure.SettingRefused;
import dev.keyservice.transport.TlsFiles.Side;
import java.security.cert.X509Certificate;

/// TLS files that are not believed: at start they end it, later the material in force stays.
public final class MaterialRefused extends SettingRefused {
  private static final long serialVersionUID = 1L;

  private final MaterialProblem problem;

  MaterialRefused(MaterialProblem problem, String setting, String message) {
    super(setting, message);
    this.problem = problem;
  }

  /// Because of one certificate.
  ///
  /// @param lack what it is or does that it must not, and what to do
  static MaterialRefused of(
      MaterialProblem problem,
      String setting,
      Side side,
      X509Certificate certificate,
      String lack) {
    var subject = certificate.getSubjectX500Principal();
    return new MaterialRefused(
        problem, setting, "the %s's certificate '%s' %s".formatted(side.word(), subject, lack));
  }

  /// What is wrong, as one of a closed set.
  public MaterialProblem problem() {
    return problem;
  }
}
