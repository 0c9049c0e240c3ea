import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.platform.engine.DiscoverySelector;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;
import org.junit.platform.launcher.listeners.TestExecutionSummary;

/**
 * Runs the test classes that its arguments name.
 *
 * <p>Standard output ends in a line with the word from standard input, and numbers of tests.
 */
public final class Runner {
  public static void main(String[] names) throws Exception {
    List<DiscoverySelector> classes = new ArrayList<>();
    for (String name : names) {
      classes.add(DiscoverySelectors.selectClass(name));
    }
    LauncherDiscoveryRequest request =
        LauncherDiscoveryRequestBuilder.request().selectors(classes).build();
    SummaryGeneratingListener listener = new SummaryGeneratingListener();
    LauncherFactory.create().execute(request, listener);
    TestExecutionSummary summary = listener.getSummary();
    for (TestExecutionSummary.Failure failure : summary.getFailures()) {
      System.out.println(failure.getTestIdentifier().getLegacyReportingName() + " FAILED");
      System.out.println("    " + failure.getException());
    }
    String word = new String(System.in.readNBytes(64), StandardCharsets.UTF_8);
    System.out.printf(
        "%n%s {\"passed\": %d, \"failed\": %d, \"skipped\": %d}%n",
        word,
        summary.getTestsSucceededCount(),
        summary.getTotalFailureCount(),
        summary.getTestsSkippedCount());
    System.exit(summary.getTotalFailureCount() == 0 ? 0 : 1);
  }
}
