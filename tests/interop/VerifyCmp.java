// SPDX-License-Identifier: Apache-2.0
//
// Verifies PKIMessages with Bouncy Castle: VerifyCmp FILE…
// For each a line "FILE BODY verified", or what is wrong; exit status 1 when something is. The protection is checked with
// the first of extraCerts, the proof of possession in ir, cr, kur and p10cr with the requested key; of a nested message each
// member too. A message without extraCerts is only decoded.

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.security.Security;
import java.util.Arrays;
import org.bouncycastle.asn1.cmp.CMPCertificate;
import org.bouncycastle.asn1.cmp.PKIBody;
import org.bouncycastle.asn1.cmp.PKIMessage;
import org.bouncycastle.asn1.cmp.PKIMessages;
import org.bouncycastle.asn1.crmf.CertReqMessages;
import org.bouncycastle.asn1.crmf.CertReqMsg;
import org.bouncycastle.asn1.pkcs.CertificationRequest;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.SubjectKeyIdentifier;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.cmp.GeneralPKIMessage;
import org.bouncycastle.cert.cmp.ProtectedPKIMessage;
import org.bouncycastle.cert.crmf.CertificateRequestMessage;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.operator.ContentVerifierProvider;
import org.bouncycastle.operator.jcajce.JcaContentVerifierProviderBuilder;
import org.bouncycastle.pkcs.PKCS10CertificationRequest;

public class VerifyCmp {
	static final String[] NAMES = { "ir", "ip", "cr", "cp", "p10cr", "popdecc", "popdecr", "kur", "kup", "krr", "krp", "rr",
	    "rp", "ccr", "ccp", "ckuann", "cann", "rann", "crlann", "pkiconf", "nested", "genm", "genp", "error", "certConf",
	    "pollReq", "pollRep" };

	static void need(boolean ok, String what) throws Exception {
		if (!ok)
			throw new Exception(what);
	}

	static ContentVerifierProvider by(SubjectPublicKeyInfo key) throws Exception {
		return new JcaContentVerifierProviderBuilder().setProvider("BC").build(key);
	}

	static void popOfCrmf(CertReqMessages messages) throws Exception {
		CertReqMsg[] all = messages.toCertReqMsgArray();
		need(all.length == 1, "not one CertReqMsg");
		CertificateRequestMessage m = new CertificateRequestMessage(all[0]);
		need(m.getProofOfPossessionType() == CertificateRequestMessage.popSigningKey, "no signature as proof");
		need(m.isValidSigningKeyPOP(by(m.getCertTemplate().getPublicKey())), "proof of possession");
	}

	static void popOfPkcs10(CertificationRequest rq) throws Exception {
		PKCS10CertificationRequest r = new PKCS10CertificationRequest(rq);
		need(r.isSignatureValid(by(r.getSubjectPublicKeyInfo())), "proof of possession");
	}

	static void body(PKIBody b) throws Exception {
		switch (b.getType()) {
		case PKIBody.TYPE_INIT_REQ: case PKIBody.TYPE_CERT_REQ: case PKIBody.TYPE_KEY_UPDATE_REQ:
			popOfCrmf((CertReqMessages) b.getContent());
			break;
		case PKIBody.TYPE_P10_CERT_REQ:
			popOfPkcs10((CertificationRequest) b.getContent());
			break;
		case PKIBody.TYPE_NESTED:
			for (PKIMessage m : ((PKIMessages) b.getContent()).toPKIMessageArray())
				check(m);
			break;
		default:
			need(b.getContent() != null, "no content");
		}
	}

	static boolean check(PKIMessage m) throws Exception {
		CMPCertificate[] extra = m.getExtraCerts();
		GeneralPKIMessage g = new GeneralPKIMessage(m);
		need(g.hasProtection(), "no protection");
		body(m.getBody());
		if (extra == null || extra.length == 0)
			return false;
		X509CertificateHolder signer = new X509CertificateHolder(extra[0].getX509v3PKCert());
		need(new ProtectedPKIMessage(g).verify(by(signer.getSubjectPublicKeyInfo())), "protection");
		need(X500Name.getInstance(m.getHeader().getSender().getName()).equals(signer.getSubject()), "sender");
		need(Arrays.equals(m.getHeader().getSenderKID().getOctets(),
		    SubjectKeyIdentifier.fromExtensions(signer.getExtensions()).getKeyIdentifier()), "senderKID");
		return true;
	}

	public static void main(String[] args) throws Exception {
		int status = 0;
		Security.addProvider(new BouncyCastleProvider());
		for (String name : args) {
			Path file = Paths.get(name);
			try {
				byte[] der = Files.readAllBytes(file);
				PKIMessage m = PKIMessage.getInstance(der);
				need(Arrays.equals(m.getEncoded("DER"), der), "encodes to other bytes");
				boolean verified = check(m);
				System.out.println(file.getFileName() + " " + NAMES[m.getBody().getType()] +
				    (verified ? " verified" : " decoded"));
			} catch (Exception why) {
				System.out.println(file.getFileName() + " FAILED: " + why.getMessage());
				status = 1;
			}
		}
		System.exit(status);
	}
}
