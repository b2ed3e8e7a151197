import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStreamReader;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.MGF1ParameterSpec;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import javax.crypto.spec.OAEPParameterSpec;
import javax.crypto.spec.PSource;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.cms.CMSObjectIdentifiers;
import org.bouncycastle.asn1.cms.ContentInfo;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.jcajce.JcaCertStore;
import org.bouncycastle.cms.CMSAlgorithm;
import org.bouncycastle.cms.CMSAuthEnvelopedData;
import org.bouncycastle.cms.CMSAuthEnvelopedDataGenerator;
import org.bouncycastle.cms.CMSEnvelopedData;
import org.bouncycastle.cms.CMSEnvelopedDataGenerator;
import org.bouncycastle.cms.CMSException;
import org.bouncycastle.cms.CMSProcessableByteArray;
import org.bouncycastle.cms.CMSSignedData;
import org.bouncycastle.cms.CMSSignedDataGenerator;
import org.bouncycastle.cms.KeyAgreeRecipientInformation;
import org.bouncycastle.cms.Recipient;
import org.bouncycastle.cms.RecipientInfoGenerator;
import org.bouncycastle.cms.RecipientInformation;
import org.bouncycastle.cms.RecipientInformationStore;
import org.bouncycastle.cms.SignerInformation;
import org.bouncycastle.cms.jcajce.JcaSignerInfoGeneratorBuilder;
import org.bouncycastle.cms.jcajce.JcaSimpleSignerInfoVerifierBuilder;
import org.bouncycastle.cms.jcajce.JceCMSContentEncryptorBuilder;
import org.bouncycastle.cms.jcajce.JceKeyAgreeEnvelopedRecipient;
import org.bouncycastle.cms.jcajce.JceKeyAgreeRecipientId;
import org.bouncycastle.cms.jcajce.JceKeyAgreeRecipientInfoGenerator;
import org.bouncycastle.cms.jcajce.JceKeyTransAuthEnvelopedRecipient;
import org.bouncycastle.cms.jcajce.JceKeyTransEnvelopedRecipient;
import org.bouncycastle.cms.jcajce.JceKeyTransRecipientId;
import org.bouncycastle.cms.jcajce.JceKeyTransRecipientInfoGenerator;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.openssl.jcajce.JcaPEMKeyConverter;
import org.bouncycastle.operator.DefaultDigestAlgorithmIdentifierFinder;
import org.bouncycastle.operator.OutputAEADEncryptor;
import org.bouncycastle.operator.jcajce.JcaAlgorithmParametersConverter;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.operator.jcajce.JcaDigestCalculatorProviderBuilder;

/**
 * Bouncy Castle, as a peer of the interop table: its CMS, with MIME around it
 * taken off and put on here. What it is told and answers stands in cells.py.
 */
public final class ByBouncyCastle {
    private static final BouncyCastleProvider BC = new BouncyCastleProvider();

    private record Cell(
            String name, String verb, String key, String content, String transport,
            String signature, String form) {
        boolean isAuthenticated() {
            return content.endsWith("-gcm");
        }

        boolean isDetached() {
            return form.equals("detached");
        }

        String signer() {
            return switch (signature) {
                case "ecdsa-p256-sha256" -> "sign-p256";
                case "ecdsa-p384-sha384" -> "sign-p384";
                default -> "sign-rsa";
            };
        }

        /** As Java names it, PSS with its parameters. */
        String algorithm() {
            return switch (signature) {
                case "ecdsa-p256-sha256" -> "SHA256withECDSA";
                case "ecdsa-p384-sha384" -> "SHA384withECDSA";
                case "rsa-pss-sha256" -> "SHA256withRSAandMGF1";
                default -> "SHA256withRSA";
            };
        }
    }

    public static void main(String[] arguments) throws Exception {
        System.out.println("version\t" + BC.getVersionStr().split("[^0-9.]")[0]);
        BufferedReader told = new BufferedReader(new InputStreamReader(System.in));
        for (String line = told.readLine(); line != null; line = told.readLine()) {
            String[] part = line.split("\t");
            Cell cell = new Cell(
                    part[0], part[1], part[2], part[3], part[4], part[5], part[6]);
            byte[] given = Files.readAllBytes(Path.of(cell.name + ".in"));
            try {
                byte[] out = cell.verb.equals("open") ? open(cell, given) : seal(cell, given);
                Files.write(Path.of(cell.name + ".out"), out);
                System.out.println(cell.name + "\tok");
            } catch (CMSException | ClassCastException cannot) {
                String words = String.valueOf(cannot).replaceAll("\\s+", " ");
                System.out.println(cell.name + "\tcannot\t" + words);
            }
        }
    }

    private static byte[] open(Cell cell, byte[] letter) throws Exception {
        byte[] der = unwrapped(letter);
        // What it is, it says itself.
        ASN1ObjectIdentifier type = ContentInfo.getInstance(der).getContentType();
        boolean isAuthenticated = type.equals(CMSObjectIdentifiers.authEnvelopedData);
        RecipientInformationStore recipients = isAuthenticated
                ? new CMSAuthEnvelopedData(der).getRecipientInfos()
                : new CMSEnvelopedData(der).getRecipientInfos();
        X509Certificate x509 = x509(Files.newInputStream(Path.of(cell.key + ".pem")));
        RecipientInformation recipient = recipients.get(cell.key.startsWith("rsa-")
                ? new JceKeyTransRecipientId(x509)
                : new JceKeyAgreeRecipientId(x509));
        if (recipient == null) {
            throw new CMSException("the key is not among the recipients");
        }
        return verified(recipient.getContent(opener(cell, recipient, isAuthenticated)));
    }

    private static Recipient opener(
            Cell cell, RecipientInformation recipient, boolean isAuthenticated) throws Exception {
        PrivateKey key = key(cell.key);
        if (recipient instanceof KeyAgreeRecipientInformation) {
            return new JceKeyAgreeEnvelopedRecipient(key).setProvider(BC);
        }
        return isAuthenticated
                ? new JceKeyTransAuthEnvelopedRecipient(key).setProvider(BC)
                : new JceKeyTransEnvelopedRecipient(key).setProvider(BC);
    }

    private static byte[] verified(byte[] entity) throws Exception {
        byte[] beside = null;
        byte[] der;
        String text = latin(entity);
        if (text.startsWith("Content-Type: multipart/signed")) {
            String boundary = text.replaceFirst("(?s).*?boundary=\"([^\"]*)\".*", "$1");
            String[] part = ("\r\n" + text).split("\r\n--" + java.util.regex.Pattern.quote(boundary));
            beside = part[1].substring(2).getBytes(StandardCharsets.ISO_8859_1);
            der = unwrapped(part[2].getBytes(StandardCharsets.ISO_8859_1));
        } else {
            der = unwrapped(entity);
        }
        CMSSignedData signed = beside == null
                ? new CMSSignedData(der)
                : new CMSSignedData(new CMSProcessableByteArray(beside), der);
        SignerInformation signer = signed.getSignerInfos().getSigners().iterator().next();
        @SuppressWarnings("unchecked")
        Collection<X509CertificateHolder> found = signed.getCertificates().getMatches(signer.getSID());
        X509CertificateHolder holder = found.iterator().next();
        X509Certificate x509 = x509(new ByteArrayInputStream(holder.getEncoded()));
        x509.verify(x509(Files.newInputStream(Path.of("ca.pem"))).getPublicKey());
        if (!signer.verify(new JcaSimpleSignerInfoVerifierBuilder().setProvider(BC).build(x509))) {
            throw new CMSException("the signature is not good");
        }
        return beside != null ? beside : (byte[]) signed.getSignedContent().getContent();
    }

    private static byte[] seal(Cell cell, byte[] entity) throws Exception {
        byte[] signed = sign(cell, entity);
        byte[] middle = cell.isDetached() ? joined(entity, signed) : wrapped("signed-data", signed);
        ASN1ObjectIdentifier cipher = switch (cell.content) {
            case "aes-256-gcm" -> CMSAlgorithm.AES256_GCM;
            case "aes-128-cbc" -> CMSAlgorithm.AES128_CBC;
            default -> CMSAlgorithm.AES256_CBC;
        };
        var encryptor = new JceCMSContentEncryptorBuilder(cipher).setProvider(BC).build();
        CMSProcessableByteArray content = new CMSProcessableByteArray(middle);
        if (cell.isAuthenticated()) {
            CMSAuthEnvelopedDataGenerator sealer = new CMSAuthEnvelopedDataGenerator();
            sealer.addRecipientInfoGenerator(recipient(cell));
            byte[] der = sealer.generate(content, (OutputAEADEncryptor) encryptor).getEncoded();
            return wrapped("authEnveloped-data", der);
        }
        CMSEnvelopedDataGenerator sealer = new CMSEnvelopedDataGenerator();
        sealer.addRecipientInfoGenerator(recipient(cell));
        return wrapped("enveloped-data", sealer.generate(content, encryptor).getEncoded());
    }

    private static byte[] sign(Cell cell, byte[] entity) throws Exception {
        X509Certificate x509 = x509(Files.newInputStream(Path.of(cell.signer() + ".pem")));
        var digests = new JcaDigestCalculatorProviderBuilder().setProvider(BC).build();
        var signer = new JcaContentSignerBuilder(cell.algorithm()).setProvider(BC)
                .build(key(cell.signer()));
        CMSSignedDataGenerator generator = new CMSSignedDataGenerator();
        generator.addSignerInfoGenerator(
                new JcaSignerInfoGeneratorBuilder(digests).build(signer, x509));
        generator.addCertificates(new JcaCertStore(List.of(x509)));
        return generator.generate(new CMSProcessableByteArray(entity), !cell.isDetached())
                .getEncoded();
    }

    private static RecipientInfoGenerator recipient(Cell cell) throws Exception {
        X509Certificate x509 = x509(Files.newInputStream(Path.of(cell.key + ".pem")));
        switch (cell.transport) {
            case "ecdh-sha256": {
                KeyPairGenerator curve = KeyPairGenerator.getInstance("EC", BC);
                curve.initialize(cell.key.equals("p-256") ? 256 : 384);
                KeyPair pair = curve.generateKeyPair();
                ASN1ObjectIdentifier wrap = cell.content.startsWith("aes-128")
                        ? CMSAlgorithm.AES128_WRAP : CMSAlgorithm.AES256_WRAP;
                return new JceKeyAgreeRecipientInfoGenerator(
                        CMSAlgorithm.ECDH_SHA256KDF, pair.getPrivate(), pair.getPublic(), wrap)
                        .setProvider(BC).addRecipient(x509);
            }
            case "oaep-sha256": {
                OAEPParameterSpec oaep = new OAEPParameterSpec(
                        "SHA-256", "MGF1", MGF1ParameterSpec.SHA256, PSource.PSpecified.DEFAULT);
                AlgorithmIdentifier named = new JcaAlgorithmParametersConverter()
                        .getAlgorithmIdentifier(
                                org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers.id_RSAES_OAEP, oaep);
                return new JceKeyTransRecipientInfoGenerator(x509, named).setProvider(BC);
            }
            default:
                return new JceKeyTransRecipientInfoGenerator(x509).setProvider(BC);
        }
    }

    //------------ Keys and MIME --------------------------------------------------

    private static X509Certificate x509(java.io.InputStream octets) throws Exception {
        return (X509Certificate) CertificateFactory.getInstance("X.509", BC)
                .generateCertificate(octets);
    }

    private static PrivateKey key(String name) throws Exception {
        String pem = Files.readString(Path.of(name + ".key"));
        Object read = new PEMParser(new StringReader(pem)).readObject();
        return new JcaPEMKeyConverter().setProvider(BC).getPrivateKey((PrivateKeyInfo) read);
    }

    private static String latin(byte[] octets) {
        return new String(octets, StandardCharsets.ISO_8859_1);
    }

    private static byte[] unwrapped(byte[] entity) {
        return Base64.getMimeDecoder().decode(latin(entity).split("\r\n\r\n", 2)[1]);
    }

    private static byte[] wrapped(String type, byte[] der) throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(("Content-Type: application/pkcs7-mime; smime-type=" + type
                + "; name=smime.p7m\r\nContent-Transfer-Encoding: base64\r\n\r\n").getBytes());
        out.write(Base64.getMimeEncoder().encode(der));
        out.write("\r\n".getBytes());
        return out.toByteArray();
    }

    private static byte[] joined(byte[] entity, byte[] der) throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(("Content-Type: multipart/signed; boundary=\"=_of_a_peer\";\r\n"
                + " protocol=\"application/pkcs7-signature\"\r\n\r\n--=_of_a_peer\r\n").getBytes());
        out.write(entity);
        out.write(("\r\n--=_of_a_peer\r\nContent-Type: application/pkcs7-signature\r\n"
                + "Content-Transfer-Encoding: base64\r\n\r\n").getBytes());
        out.write(Base64.getMimeEncoder().encode(der));
        out.write("\r\n--=_of_a_peer--\r\n".getBytes());
        return out.toByteArray();
    }
}
