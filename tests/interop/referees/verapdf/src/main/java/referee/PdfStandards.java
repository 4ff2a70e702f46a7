package referee;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.Foundries;
import org.verapdf.pdfa.flavours.PDFAFlavour;
import org.verapdf.pdfa.results.TestAssertion;

/**
 * Says which rules of PDF/A-3a and PDF/UA-1 each file breaks.
 *
 * <p>Arguments: the files. Answer: one line of JSON a file, in the same order,
 * {@code {"broken": {"3a": [rule...], "ua1": [rule...]}}} or {@code {"error": text}} for a file that
 * cannot be read. The exit code says only whether every file was answered.
 */
public final class PdfStandards {
    private static final List<PDFAFlavour> STANDARDS = List.of(PDFAFlavour.PDFA_3_A, PDFAFlavour.PDFUA_1);
    private static final int MAX_EXAMPLES_OF_A_BROKEN_RULE = 1;

    private record Answer(TreeMap<String, TreeSet<String>> broken, String error) {}

    private PdfStandards() {}

    public static void main(String[] files) throws IOException {
        Logger.getLogger("org.verapdf").setLevel(Level.SEVERE);
        VeraGreenfieldFoundryProvider.initialise();
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        ObjectMapper json = new ObjectMapper();
        for (String file : files) {
            out.println(json.writeValueAsString(judge(Path.of(file))));
        }
    }

    private static Answer judge(Path file) {
        TreeMap<String, TreeSet<String>> broken = new TreeMap<>();
        try {
            for (PDFAFlavour standard : STANDARDS) {
                broken.put(standard.getId(), brokenRules(file, standard));
            }
            return new Answer(broken, null);
        } catch (Exception | LinkageError problem) {
            return new Answer(null, problem.toString());
        }
    }

    private static TreeSet<String> brokenRules(Path file, PDFAFlavour standard) throws Exception {
        // A parser serves one validation only, so each standard reads the file anew.
        try (InputStream in = Files.newInputStream(file);
                var parser = Foundries.defaultInstance().createParser(in, standard);
                var validator = Foundries.defaultInstance()
                        .createValidator(standard, MAX_EXAMPLES_OF_A_BROKEN_RULE, false, false, false)) {
            var result = validator.validate(parser);
            TreeSet<String> rules = new TreeSet<>();
            for (TestAssertion assertion : result.getTestAssertions()) {
                if (assertion.getStatus() == TestAssertion.Status.FAILED) {
                    var rule = assertion.getRuleId();
                    rules.add(rule.getClause() + "-" + rule.getTestNumber());
                }
            }
            if (result.isCompliant() != rules.isEmpty()) {
                throw new IllegalStateException("veraPDF contradicts itself: " + result.getJobEndStatus());
            }
            return rules;
        }
    }
}
