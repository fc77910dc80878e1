"""Who may open which page: the lines of the matrix for the pages, room by room; callers as in `matrix`."""

TABLE = """
# anon. owner other tracking tracking-2 agent agent-2 admin audit garbage
# public, account
GET    /                                                      200   200   200      200        200   200     200   200   200     303
GET    /demarches                                             200   200   200      200        200   200     200   200   200     303
GET    /demarches/{slug}                                      200   200   200      200        200   200     200   200   200     303
GET    /aide                                                  200   200   200      200        200   200     200   200   200     303
GET    /avantages                                             200   200   200      200        200   200     200   200   200     303
GET    /contact                                               200   200   200      200        200   200     200   200   200     303
GET    /confidentialite                                       200   200   200      200        200   200     200   200   200     303
GET    /accessibilite                                         200   200   200      200        200   200     200   200   200     303
GET    /mentions-legales                                      200   200   200      200        200   200     200   200   200     303
GET    /plan-du-site                                          200   200   200      200        200   200     200   200   200     303
GET    /connexion                                             200   303   303      200        200   303     303   303   303     303
POST   /connexion                                             415   415   415      415        415   415     415   415   415     401
GET    /deconnexion                                           200   200   200      200        200   200     200   200   200     303
POST   /deconnexion                                           415   415   415      415        415   415     415   415   415     401
GET    /activation/{token}                                    200   200   200      200        200   200     200   200   200     303
POST   /activation/{token}                                    415   415   415      415        415   415     415   415   415     401
GET    /suivi                                                 200   200   200      200        200   200     200   200   200     303
POST   /suivi                                                 415   415   415      415        415   415     415   415   415     401
GET    /mot-de-passe                                          200   200   200      200        200   200     200   200   200     303
POST   /mot-de-passe                                          415   415   415      415        415   415     415   415   415     401
GET    /mot-de-passe/{token}                                  200   200   200      200        200   200     200   200   200     303
POST   /mot-de-passe/{token}                                  415   415   415      415        415   415     415   415   415     401
GET    /adresse/{token}                                       303   200   200      403        403   200     200   200   200     303
POST   /adresse/{token}                                       401   415   415      403        403   415     415   415   415     401
GET    /double-authentification                               303   200   200      403        403   200     200   200   200     303
POST   /double-authentification                               401   415   415      403        403   415     415   415   415     401
GET    /conditions-generales                                  200   200   200      200        200   200     200   200   200     303
POST   /conditions-generales                                  415   415   415      415        415   415     415   415   415     401
GET    /inscription                                           200   200   200      200        200   200     200   200   200     303
POST   /inscription                                           415   415   415      415        415   415     415   415   415     401
GET    /inscription/courriel                                  200   200   200      200        200   200     200   200   200     303
GET    /activation                                            200   200   200      200        200   200     200   200   200     303
POST   /activation                                            415   415   415      415        415   415     415   415   415     401
GET    /parametres                                            303   200   200      403        403   200     200   200   200     303
POST   /parametres                                            401   415   415      403        403   415     415   415   415     401
GET    /parametres/mot-de-passe                               303   200   200      403        403   200     200   200   200     303
POST   /parametres/mot-de-passe                               401   415   415      403        403   415     415   415   415     401
GET    /parametres/adresse-electronique                       303   200   200      403        403   200     200   200   200     303
POST   /parametres/adresse-electronique                       401   415   415      403        403   415     415   415   415     401
GET    /parametres/sessions                                   303   200   200      403        403   200     200   200   200     303
POST   /parametres/sessions                                   401   415   415      403        403   415     415   415   415     401
GET    /parametres/donnees                                    303   200   200      403        403   200     200   200   200     303
POST   /parametres/donnees                                    401   415   415      403        403   415     415   415   415     401
GET    /double-authentification/desactivation                 303   303   303      403        403   303     303   303   303     303
POST   /double-authentification/desactivation                 401   415   415      403        403   415     415   415   415     401
GET    /connexion/franceconnect                               422   422   422      422        422   422     422   422   422     303
POST   /connexion/franceconnect                               415   415   415      415        415   415     415   415   415     401
GET    /parametres/franceconnect                              303   200   200      403        403   200     200   200   200     303
POST   /parametres/franceconnect                              401   415   415      403        403   415     415   415   415     401
# applicant
GET    /tableau-de-bord                                       303   200   200      403        403   200     200   200   200     303
GET    /compte                                                303   200   200      403        403   200     200   200   200     303
POST   /compte                                                401   415   415      403        403   415     415   415   415     401
GET    /demandes                                              303   200   200      200        200   200     200   200   200     303
GET    /demandes/{id}                                         303   200   404      200        404   404     404   404   404     303
GET    /demandes/{id}/demande                                 303   200   404      200        404   404     404   404   404     303
GET    /demandes/{id}/discussion                              303   200   404      200        404   404     404   404   404     303
POST   /demandes/{id}/discussion                              401   415   415      415        415   415     415   415   415     401
POST   /demandes/{id}/discussion/lecture                      401   415   415      415        415   415     415   415   415     401
GET    /demandes/{id}/retrait                                 303   200   404      200        404   404     404   404   404     303
POST   /demandes/{id}/retrait                                 401   415   415      415        415   415     415   415   415     401
POST   /demandes/{id}/attestation                             401   415   415      415        415   415     415   415   415     401
POST   /demandes/{id}/motifs                                  401   415   415      415        415   415     415   415   415     401
POST   /demandes/{id}/copie                                   401   415   415      403        403   415     415   415   415     401
# filing
GET    /demarches/{slug}/demande                             200   200   200      200        200   200     200   200   200     303
POST   /demarches/{slug}/demande                             415   415   415      415        415   415     415   415   415     401
GET    /demandes/{id}/saisie                                 303   303   404      403        403   404     404   404   404     303
GET    /demandes/{id}/saisie/{etape}                         303   303   404      403        403   404     404   404   404     303
POST   /demandes/{id}/saisie/{etape}                         401   415   415      403        403   415     415   415   415     401
GET    /demandes/{id}/saisie/suppression                     303   303   404      403        403   404     404   404   404     303
POST   /demandes/{id}/saisie/suppression                     401   415   415      403        403   415     415   415   415     401
GET    /demandes/{id}/accuse-de-reception                    303   200   404      200        404   404     404   404   404     303
# desk
# administration
GET    /administration                                        303   404   404      404        404   404     404   200   404     303
GET    /administration/services                               303   404   404      404        404   404     404   200   404     303
GET    /administration/agents                                 303   404   404      404        404   404     404   200   404     303
GET    /administration/agents/nouveau                         303   404   404      404        404   404     404   200   404     303
POST   /administration/agents/nouveau                         401   404   404      404        404   404     404   415   404     401
GET    /administration/agents/{id}                            303   404   404      404        404   404     404   200   404     303
POST   /administration/agents/{id}                            401   404   404      404        404   404     404   415   404     401
GET    /administration/demarches                              303   404   404      404        404   404     404   200   404     303
GET    /administration/demarches/nouvelle                     303   404   404      404        404   404     404   200   404     303
POST   /administration/demarches/nouvelle                     401   404   404      404        404   404     404   415   404     401
GET    /administration/demarches/{slug}                       303   404   404      404        404   404     404   200   404     303
POST   /administration/demarches/{slug}                       401   404   404      404        404   404     404   415   404     401
GET    /administration/demarches/{slug}/fermeture             303   404   404      404        404   404     404   200   404     303
POST   /administration/demarches/{slug}/fermeture             401   404   404      404        404   404     404   415   404     401
# audit
GET    /audit                                                 303   403   403      403        403   403     403   403   200     303
GET    /audit/evenements                                      303   403   403      403        403   403     403   403   200     303
GET    /audit/demandes/{id}                                   303   403   403      403        403   403     403   403   200     303
GET    /audit/flux/{service}/{stream}                         303   403   403      403        403   403     403   403   200     303
GET    /audit/verification                                    303   403   403      403        403   403     403   403   200     303
GET    /audit/relectures                                      303   403   403      403        403   403     403   403   200     303
POST   /audit/verification                                    401   403   403      403        403   403     403   403   415     401
POST   /audit/relectures                                      401   403   403      403        403   403     403   403   415     401
"""  # noqa: E501
