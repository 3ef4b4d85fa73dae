// SPDX-License-Identifier: Apache-2.0
//
// Messages made by Bouncy Castle: Maker PKI-FOLDER OUT-FOLDER. Called by make.sh.
import java.io.FileReader;
import java.io.StringReader;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Date;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.DERNull;
import org.bouncycastle.asn1.DEROctetString;
import org.bouncycastle.asn1.DERSequence;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.cmp.CMPObjectIdentifiers;
import org.bouncycastle.asn1.cmp.CertConfirmContent;
import org.bouncycastle.asn1.cmp.CertStatus;
import org.bouncycastle.asn1.cmp.ErrorMsgContent;
import org.bouncycastle.asn1.cmp.GenMsgContent;
import org.bouncycastle.asn1.cmp.InfoTypeAndValue;
import org.bouncycastle.asn1.cmp.PKIBody;
import org.bouncycastle.asn1.cmp.PKIFailureInfo;
import org.bouncycastle.asn1.cmp.PKIFreeText;
import org.bouncycastle.asn1.cmp.PKIMessage;
import org.bouncycastle.asn1.cmp.PKIMessages;
import org.bouncycastle.asn1.cmp.PKIStatus;
import org.bouncycastle.asn1.cmp.PKIStatusInfo;
import org.bouncycastle.asn1.cmp.PollReqContent;
import org.bouncycastle.asn1.crmf.CertReqMessages;
import org.bouncycastle.asn1.pkcs.CertificationRequest;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.cmp.ProtectedPKIMessageBuilder;
import org.bouncycastle.cert.crmf.CertificateRequestMessage;
import org.bouncycastle.cert.crmf.CertificateRequestMessageBuilder;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.operator.ContentSigner;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

public class Maker {
	static Path pki, out;

	static PrivateKey key(String name) throws Exception {
		String pem = Files.readString(pki.resolve(name + ".key"));
		byte[] der = java.util.Base64.getMimeDecoder().decode(pem.replaceAll("-----[A-Z ]+-----", ""));
		return KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(der));
	}

	static X509CertificateHolder cert(String name) throws Exception {
		return (X509CertificateHolder) new PEMParser(new FileReader(pki.resolve(name + ".crt").toFile())).readObject();
	}

	static byte[] octets(int first) {
		byte[] b = new byte[16];
		for (int i = 0; i < 16; i++)
			b[i] = (byte) (first + i);
		return b;
	}

	static PKIMessage make(int id, PKIBody body) throws Exception {
		X509CertificateHolder ra = cert("ra");
		ContentSigner signer = new JcaContentSignerBuilder("SHA256withECDSA").build(key("ra"));
		byte[] ski = org.bouncycastle.asn1.x509.SubjectKeyIdentifier.fromExtensions(ra.getExtensions()).getKeyIdentifier();
		return new ProtectedPKIMessageBuilder(new GeneralName(ra.getSubject()),
		    new GeneralName(cert("root").getSubject())).setBody(body).setMessageTime(new Date(1800000000000L))
		    .setTransactionID(octets(id)).setSenderNonce(octets(id + 100)).setSenderKID(ski)
		    .addGeneralInfo(new InfoTypeAndValue(CMPObjectIdentifiers.it_implicitConfirm, DERNull.INSTANCE))
		    .addCMPCertificate(ra).addCMPCertificate(cert("sub")).build(signer).toASN1Structure();
	}

	static void write(String name, PKIMessage m) throws Exception {
		Files.write(out.resolve(name + ".der"), m.getEncoded("DER"));
	}

	static PKIBody ir() throws Exception {
		CertificateRequestMessage crm = new CertificateRequestMessageBuilder(BigInteger.ZERO)
		    .setSubject(new X500Name("CN=gnb-1,O=Example Operator"))
		    .setPublicKey(cert("station").getSubjectPublicKeyInfo())
		    .setProofOfPossessionSigningKeySigner(new JcaContentSignerBuilder("SHA256withECDSA").build(key("station")))
		    .build();
		return new PKIBody(PKIBody.TYPE_INIT_REQ, new CertReqMessages(crm.toASN1Structure()));
	}

	static PKIBody p10cr() throws Exception {
		return new PKIBody(PKIBody.TYPE_P10_CERT_REQ,
		    CertificationRequest.getInstance(Files.readAllBytes(pki.resolve("station.p10"))));
	}

	public static void main(String[] args) throws Exception {
		pki = Paths.get(args[0]);
		out = Paths.get(args[1]);
		PKIMessage ir = make(1, ir()), p10cr = make(2, p10cr());
		write("ir", ir);
		write("p10cr", p10cr);
		write("nested", make(3, new PKIBody(PKIBody.TYPE_NESTED, new PKIMessages(new PKIMessage[] { ir, p10cr }))));
		write("genm", make(4, new PKIBody(PKIBody.TYPE_GEN_MSG,
		    new GenMsgContent(new InfoTypeAndValue(new ASN1ObjectIdentifier("1.3.6.1.5.5.7.4.17"))))));
		write("error", make(5, new PKIBody(PKIBody.TYPE_ERROR, new ErrorMsgContent(new PKIStatusInfo(PKIStatus.rejection,
		    new PKIFreeText(new String[] { "first", "second" }), new PKIFailureInfo(PKIFailureInfo.badPOP))))));
		write("pollreq", make(6, new PKIBody(PKIBody.TYPE_POLL_REQ, new PollReqContent(new ASN1Integer(0)))));
		write("certconf", make(7, new PKIBody(PKIBody.TYPE_CERT_CONFIRM, CertConfirmContent.getInstance(
		    new DERSequence(new CertStatus(octets(0), BigInteger.ZERO))))));
	}
}
