// SPDX-License-Identifier: Apache-2.0
// Requests and an envelope by Bouncy Castle: java -cp ... MakeBc.java DIR NEMRA_OID device.pem device.key csr.der
import java.io.*;
import java.math.BigInteger;
import java.nio.file.*;
import java.security.*;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.*;
import java.util.*;
import org.bouncycastle.asn1.*;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.Extensions;
import org.bouncycastle.asn1.x509.ExtensionsGenerator;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.*;
import org.bouncycastle.cert.crmf.*;
import org.bouncycastle.cert.crmf.jcajce.*;
import org.bouncycastle.cert.jcajce.*;
import org.bouncycastle.cms.*;
import org.bouncycastle.cms.jcajce.*;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.operator.ContentSigner;
import org.bouncycastle.operator.jcajce.*;
import org.bouncycastle.pkcs.*;
import org.bouncycastle.pkcs.jcajce.*;
import org.bouncycastle.util.io.pem.*;

public class MakeBc {
    static void save(String dir, String name, byte[] data) throws IOException {
        Files.write(Paths.get(dir, name), data);
    }

    static byte[] pem(String path) throws IOException {
        return new PemReader(new FileReader(path)).readPemObject().getContent();
    }

    static Extensions extensions() throws IOException {
        ExtensionsGenerator g = new ExtensionsGenerator();
        g.addExtension(Extension.subjectAlternativeName, false,
            new GeneralNames(new GeneralName(GeneralName.dNSName, "gnb-1.ran.example")));
        g.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature));
        return g.generate();
    }

    public static void main(String[] a) throws Exception {
        Security.addProvider(new BouncyCastleProvider());
        KeyPairGenerator kpg = KeyPairGenerator.getInstance("EC", "BC");
        kpg.initialize(new ECGenParameterSpec("P-256"));
        KeyPair kp = kpg.generateKeyPair();
        ContentSigner signer = new JcaContentSignerBuilder("SHA256withECDSA").setProvider("BC")
            .build(kp.getPrivate());
        X500Name subject = new X500Name("O=Example Operator,CN=gnb-1");

        PKCS10CertificationRequestBuilder b = new JcaPKCS10CertificationRequestBuilder(subject, kp.getPublic());
        b.addAttribute(PKCSObjectIdentifiers.pkcs_9_at_extensionRequest, extensions());
        save(a[0], "bc-ec.csr", b.build(signer).getEncoded());

        JcaCertificateRequestMessageBuilder m = new JcaCertificateRequestMessageBuilder(BigInteger.ZERO);
        m.setSubject(subject);
        m.setPublicKey(kp.getPublic());
        for (ASN1ObjectIdentifier oid : extensions().getExtensionOIDs()) {
            Extension e = extensions().getExtension(oid);
            m.addExtension(oid, e.isCritical(), e.getParsedValue());
        }
        m.setProofOfPossessionSigningKeySigner(signer);
        save(a[0], "bc-ec.crmf", new DERSequence(m.build().toASN1Structure()).getEncoded("DER"));

        ASN1EncodableVector v = new ASN1EncodableVector();
        v.add(new ASN1Integer(1));
        v.add(new DERUTF8String("gnb-1"));
        v.add(new DERTaggedObject(true, 1, ASN1Primitive.fromByteArray(Files.readAllBytes(Paths.get(a[4])))));
        X509Certificate cert = (X509Certificate) CertificateFactory.getInstance("X.509")
            .generateCertificate(new ByteArrayInputStream(pem(a[2])));
        PrivateKey key = KeyFactory.getInstance("EC", "BC").generatePrivate(new PKCS8EncodedKeySpec(pem(a[3])));
        CMSSignedDataGenerator g = new CMSSignedDataGenerator();
        g.addSignerInfoGenerator(new JcaSignerInfoGeneratorBuilder(
            new JcaDigestCalculatorProviderBuilder().setProvider("BC").build())
            .build(new JcaContentSignerBuilder("SHA256withECDSA").setProvider("BC").build(key), cert));
        g.addCertificate(new JcaX509CertificateHolder(cert));
        CMSSignedData sd = g.generate(new CMSProcessableByteArray(new ASN1ObjectIdentifier(a[1]),
            new DERSequence(v).getEncoded("DER")), true);
        save(a[0], "bc-ec.p7m", sd.toASN1Structure().getEncoded("DER"));
        // Bouncy Castle's own default is BER with indefinite lengths: a CA may answer so.
        save(a[0], "../hostile/envelope-ber.der", sd.getEncoded());

        CMSSignedDataGenerator certs = new CMSSignedDataGenerator();
        certs.addCertificate(new JcaX509CertificateHolder(cert));
        save(a[0], "bc-ber.p7c", certs.generate(new CMSAbsentContent()).getEncoded());
    }
}
