package referee;

import com.fasterxml.jackson.databind.ObjectMapper;
import eu.europa.esig.dss.model.FileDocument;
import eu.europa.esig.dss.pades.validation.PDFDocumentValidator;
import eu.europa.esig.dss.pdf.modifications.DefaultPdfDifferencesFinder;
import eu.europa.esig.dss.pdf.pdfbox.PdfBoxDefaultObjectFactory;
import eu.europa.esig.dss.simplereport.SimpleReport;
import eu.europa.esig.dss.spi.DSSUtils;
import eu.europa.esig.dss.spi.validation.CommonCertificateVerifier;
import eu.europa.esig.dss.spi.x509.CommonTrustedCertificateSource;
import java.io.ByteArrayInputStream;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Date;
import java.util.List;

/**
 * Says what EU DSS thinks of each signature in each file, from the file and one trusted root alone.
 *
 * <p>Arguments: the root certificate, then the files. Answer: one line of JSON a file, in the same
 * order, {@code {"signatures": [{indication, subIndication, level, scopes, errors, warnings}]}} or
 * {@code {"error": text}} for a file that cannot be read.
 */
public final class Signatures {
    /** DSS only warns of changes after signing; a certified licence must not have any. */
    private static final List<String> CHANGES_THAT_FAIL = List.of(
            "DocMDP", "FieldMDP", "SigFieldLock", "UndefinedChanges", "PdfVisualDifference",
            "PdfAnnotationOverlap", "PdfPageDifference", "ByteRangeCollision");

    /** When to judge; now unless given. */
    private static final String TIME = System.getProperty("referee.time");

    private record Opinion(
            String indication, String subIndication, String level, List<String> scopes,
            List<String> errors, List<String> warnings) {}

    private record Answer(List<Opinion> signatures, String error) {}

    /** Pages are not drawn to be compared: that takes seconds, and a later revision fails anyway. */
    private static final int PAGES_TO_DRAW = 0;

    private final CommonCertificateVerifier certificates = new CommonCertificateVerifier();
    private final byte[] policy = strictPolicy();

    private Signatures(File root) throws IOException {
        CommonTrustedCertificateSource trusted = new CommonTrustedCertificateSource();
        trusted.addCertificate(DSSUtils.loadCertificate(root));
        certificates.setTrustedCertSources(trusted);
        certificates.setAIASource(null);
    }

    public static void main(String[] arguments) throws IOException {
        System.setProperty("org.slf4j.simpleLogger.defaultLogLevel", "error");
        Signatures judge = new Signatures(new File(arguments[0]));
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        ObjectMapper json = new ObjectMapper();
        for (String file : List.of(arguments).subList(1, arguments.length)) {
            out.println(json.writeValueAsString(judge.answer(new File(file))));
        }
    }

    private Answer answer(File file) {
        try {
            PDFDocumentValidator validator = new PDFDocumentValidator(new FileDocument(file));
            validator.setCertificateVerifier(certificates);
            validator.setPdfObjFactory(factory());
            if (TIME != null) {
                validator.setValidationTime(Date.from(Instant.parse(TIME)));
            }
            SimpleReport report =
                    validator.validateDocument(new ByteArrayInputStream(policy)).getSimpleReport();
            return new Answer(report.getSignatureIdList().stream().map(id -> opinion(report, id)).toList(), null);
        } catch (Exception | LinkageError problem) {
            return new Answer(null, problem.toString());
        }
    }

    private static PdfBoxDefaultObjectFactory factory() {
        DefaultPdfDifferencesFinder finder = new DefaultPdfDifferencesFinder();
        finder.setMaximalPagesAmountForVisualComparison(PAGES_TO_DRAW);
        PdfBoxDefaultObjectFactory factory = new PdfBoxDefaultObjectFactory();
        factory.setPdfDifferencesFinder(finder);
        return factory;
    }

    private static Opinion opinion(SimpleReport report, String id) {
        return new Opinion(
                String.valueOf(report.getIndication(id)),
                report.getSubIndication(id) == null ? null : report.getSubIndication(id).toString(),
                String.valueOf(report.getSignatureFormat(id)),
                report.getSignatureScopes(id).stream().map(scope -> scope.getScope().toString()).toList(),
                report.getAdESValidationErrors(id).stream().map(message -> message.getValue()).toList(),
                report.getAdESValidationWarnings(id).stream().map(message -> message.getValue()).toList());
    }

    private static byte[] strictPolicy() throws IOException {
        try (InputStream in = Signatures.class.getResourceAsStream("/policy/constraint.xml")) {
            String xml = new String(in.readAllBytes(), StandardCharsets.UTF_8);
            for (String name : CHANGES_THAT_FAIL) {
                String strict = "<" + name + " Level=\"FAIL\"";
                xml = xml.replace("<" + name + " Level=\"WARN\"", strict);
                if (!xml.contains(strict)) {
                    throw new IllegalStateException("this DSS has no constraint " + name);
                }
            }
            return xml.getBytes(StandardCharsets.UTF_8);
        }
    }
}
