"""Who may open which page: the lines of the matrix for the pages, room by room; callers as in `matrix`."""

TABLE = """
# anon. owner other tracking tracking-2 agent agent-2 admin audit garbage
# public, account
GET    /                                                      200   200   200      200        200   200     200   200   200     401
GET    /connexion                                             200   303   303      200        200   303     303   303   303     401
POST   /connexion                                             415   415   415      415        415   415     415   415   415     401
GET    /deconnexion                                           200   200   200      200        200   200     200   200   200     401
POST   /deconnexion                                           415   415   415      415        415   415     415   415   415     401
GET    /activation/{token}                                    200   200   200      200        200   200     200   200   200     401
POST   /activation/{token}                                    415   415   415      415        415   415     415   415   415     401
GET    /suivi                                                 200   200   200      200        200   200     200   200   200     401
POST   /suivi                                                 415   415   415      415        415   415     415   415   415     401
GET    /mot-de-passe                                          200   200   200      200        200   200     200   200   200     401
POST   /mot-de-passe                                          415   415   415      415        415   415     415   415   415     401
GET    /mot-de-passe/{token}                                  200   200   200      200        200   200     200   200   200     401
POST   /mot-de-passe/{token}                                  415   415   415      415        415   415     415   415   415     401
GET    /adresse/{token}                                       401   200   200      403        403   200     200   200   200     401
POST   /adresse/{token}                                       401   415   415      403        403   415     415   415   415     401
GET    /double-authentification                               401   200   200      403        403   200     200   200   200     401
POST   /double-authentification                               401   415   415      403        403   415     415   415   415     401
GET    /conditions-generales                                  200   200   200      200        200   200     200   200   200     401
POST   /conditions-generales                                  415   415   415      415        415   415     415   415   415     401
# applicant
GET    /tableau-de-bord                                       401   200   200      403        403   200     200   200   200     401
GET    /compte                                                401   200   200      403        403   200     200   200   200     401
POST   /compte                                                401   415   415      403        403   415     415   415   415     401
GET    /demandes                                              401   200   200      200        200   200     200   200   200     401
GET    /demandes/{id}                                         401   200   404      200        404   404     404   404   404     401
# filing
# desk
# administration
# audit
GET    /audit                                                 401   403   403      403        403   403     403   403   200     401
GET    /audit/evenements                                      401   403   403      403        403   403     403   403   200     401
GET    /audit/demandes/{id}                                   401   403   403      403        403   403     403   403   200     401
GET    /audit/flux/{service}/{stream}                         401   403   403      403        403   403     403   403   200     401
GET    /audit/verification                                    401   403   403      403        403   403     403   403   200     401
GET    /audit/relectures                                      401   403   403      403        403   403     403   403   200     401
POST   /audit/verification                                    401   403   403      403        403   403     403   403   415     401
POST   /audit/relectures                                      401   403   403      403        403   403     403   403   415     401
"""  # noqa: E501
